import Storage

/// A step in a message's life, as it is kept.
public struct Event: Sendable, Equatable {
    public enum Kind: String, Sendable, Codable {
        /// The transport took it.
        case sent
        /// The attempt failed; another will follow.
        case retry
        /// The transport refused it for good.
        case rejected
        /// Whether it arrived is not known.
        case uncertain
        /// The time for retries was used up.
        case gaveUp = "gave_up"
        case expired, blocked, cancelled, held, approved
        /// A rule lets it go later.
        case deferred
        /// The provider reports that it has arrived, or that it will not.
        case delivered, bounced
        /// The recipient has answered.
        case replied
        /// The recipient's mailbox provider reports it as spam.
        case complained
        /// A person changed its words.
        case edited
        /// A person sent it on its way again.
        case replayed
        /// It goes because the one before it, on another channel, did not arrive.
        case nextChannel = "next_channel"
        /// An outcome that came after the message had been given to another attempt.
        case late

        /// The kind that tells of an end without an attempt.
        init(_ state: MessageState) {
            switch state {
            case .blocked: self = .blocked
            case .expired: self = .expired
            case .cancelled: self = .cancelled
            case .held: self = .held
            default: self = .rejected
            }
        }
    }

    public let message: Int64
    public let at: Int64
    public let kind: Kind
    /// When the attempt was handed off, for events that end one.
    public let startedAt: Int64?
    public let transport: String?
    public let detail: String?

    init(
        message: Int64,
        at: Int64,
        kind: Kind,
        startedAt: Int64? = nil,
        transport: String? = nil,
        detail: String? = nil
    ) {
        self.message = message
        self.at = at
        self.kind = kind
        self.startedAt = startedAt
        self.transport = transport
        self.detail = detail
    }

    /// The row of the message is locked by the same transaction, so the next number is nobody else's.
    private static let insert = Statement(
        """
        INSERT INTO event (message, number, at, kind, started_at, transport, detail)
        VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM event WHERE message = $1), $2, $3, $4, $5, $6)
        """
    )
    private static let ofMessage = Statement(
        "SELECT message, at, kind, started_at, transport, detail FROM event WHERE message = $1 ORDER BY number"
    )

    static let statements = [insert, ofMessage]

    static func insert(_ events: [Event], _ transaction: any Transaction) throws {
        try News.write(events, transaction)
        try transaction.batch(
            insert,
            events.map { event in
                [
                    .integer(event.message), .integer(event.at), .text(event.kind.rawValue), .optional(event.startedAt),
                    .optional(event.transport), .optional(event.detail),
                ]
            }
        )
        try Fallback.heed(events, transaction)
    }

    static func list(_ message: Int64, _ connection: any Connection) throws -> [Event] {
        try connection.all(ofMessage, [.integer(message)]) { row in
            Event(
                message: row.integer(0),
                at: row.integer(1),
                kind: Kind(rawValue: row.text(2)) ?? .late,
                startedAt: row.optionalInteger(3),
                transport: row.optionalText(4),
                detail: row.optionalText(5)
            )
        }
    }
}
