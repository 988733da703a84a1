import Storage

/// News that subscribers wait for, written in the transaction that makes it: what happened is never told without having
/// happened, nor forgotten.
enum News {
    private static let active = Statement("SELECT id, events FROM subscription")
    /// Deliveries of news make no news.
    private static let ofMessage = Statement(
        """
        INSERT INTO news (subscription, message, at, type, transport, detail, due)
        SELECT $2, id, $3, $4, $5, $6, 0 FROM message WHERE id = $1 AND channel <> 'event'
        """
    )
    private static let ofOptOut = Statement(
        "INSERT INTO news (subscription, message, at, type, document, due) VALUES ($1, NULL, $2, $3, $4, 0)"
    )

    static let statements = [active, ofMessage, ofOptOut]

    private static func subscribers(_ transaction: any Transaction) throws -> [(id: Int64, events: String)] {
        try transaction.all(active) { ($0.integer(0), $0.text(1)) }
    }

    private static func wants(_ events: String, _ type: NewsType) -> Bool {
        events == "*" || events.split(separator: ",").contains { $0 == type.rawValue }
    }

    static func write(_ events: [Event], _ transaction: any Transaction) throws {
        guard !events.isEmpty else { return }
        let subscribers = try subscribers(transaction)
        guard !subscribers.isEmpty else { return }
        var rows: [[SQLValue]] = []
        for event in events {
            guard let type = NewsType(event.kind) else { continue }
            for subscriber in subscribers where wants(subscriber.events, type) {
                rows.append([
                    .integer(event.message), .integer(subscriber.id), .integer(event.at), .text(type.rawValue),
                    .optional(event.transport), .optional(event.detail),
                ])
            }
        }
        try transaction.batch(ofMessage, rows)
    }

    /// - Parameter document: what is told of the opt-out, as JSON.
    static func write(_ type: NewsType, _ documents: [[UInt8]], _ transaction: any Transaction) throws {
        guard !documents.isEmpty else { return }
        for subscriber in try subscribers(transaction) where wants(subscriber.events, type) {
            try transaction.batch(
                ofOptOut,
                documents.map {
                    [.integer(subscriber.id), .integer(transaction.now), .text(type.rawValue), .bytes($0)]
                }
            )
        }
    }
}
