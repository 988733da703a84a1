import Storage

/// How many of the messages that transports took some time ago have no receipt.
struct MissingReceipts: Equatable {
    let transport: String
    let expected: Int
    let missing: Int

    /// So long a stretch of time is looked at.
    static let stretch: Int64 = 600_000

    private static let count = Statement(
        """
        SELECT provider_reference.transport, count(*), count(CASE WHEN message.state = 'sent' THEN 1 END)
        FROM message JOIN provider_reference ON provider_reference.message = message.id
        WHERE message.state IN ('sent', 'delivered', 'bounced') AND message.finished_at >= $2
            AND message.channel = $1 AND message.started_at >= $2 AND message.started_at < $3
        GROUP BY provider_reference.transport
        """
    )

    static let statements = [count]

    /// - Parameter within: milliseconds after which a receipt is missed.
    static func find(
        _ channel: Channel,
        within: Int64,
        now: Int64,
        _ connection: any Connection
    ) throws -> [MissingReceipts] {
        let end = now - within
        let values: [SQLValue] = [.text(channel.rawValue), .integer(end - stretch), .integer(end)]
        return try connection.all(count, values) {
            MissingReceipts(transport: $0.text(0), expected: Int($0.integer(1)), missing: Int($0.integer(2)))
        }
    }
}
