import Storage

/// A message as it stands in the queue.
public struct StoredMessage: Sendable {
    public let id: Int64
    public let key: String?
    public let customer: String?
    public let channel: Channel
    public let state: MessageState
    public let priority: Int
    public let due: Int64
    public let expires: Int64?
    public let fence: Int64
    public let attempts: Int
    public let addressKey: String
    public let domain: String
    public let brand: String
    public let category: String
    public let template: String
    public let acceptedAt: Int64
    public let startedAt: Int64?
    public let finishedAt: Int64?
    public let reason: String?
    public let conversation: String?
    /// Who handed it in; `nil` for one that was accepted before this was kept.
    public let origin: String?
    public let isTest: Bool
    /// The limit that keeps it; `nil` for none.
    public let keptBy: String?
    var isKeptByOrder: Bool { Share(channel: channel, brand: brand, limit: keptBy).isKept }
    /// The time zones in which the recipient may be.
    public let zones: [String]
    /// The recipient's language, where it is known: what names no locale is in it.
    public let language: String?
    /// The message as it was given, as JSON.
    public let document: [UInt8]

    static let columns = """
        message.id, content.key, content.customer, message.channel, message.state, message.priority, message.due,
            message.expires, message.fence, message.attempts, message.address_key, message.domain, message.brand,
            message.category, message.template, message.accepted_at, message.started_at, message.finished_at,
            message.reason, content.conversation, content.origin, message.test, content.document, message.share,
            message.zones,
            (SELECT language FROM addressee WHERE addressee.address_key = message.address_key)
        """

    init(_ row: any Row) {
        id = row.integer(0)
        key = row.optionalText(1)
        customer = row.optionalText(2)
        channel = Channel(rawValue: row.text(3)) ?? .email
        state = MessageState(rawValue: row.text(4)) ?? .held
        priority = Int(row.integer(5))
        due = row.integer(6)
        expires = row.optionalInteger(7)
        fence = row.integer(8)
        attempts = Int(row.integer(9))
        addressKey = row.text(10)
        domain = row.text(11)
        brand = row.text(12)
        category = row.text(13)
        template = row.text(14)
        acceptedAt = row.integer(15)
        startedAt = row.optionalInteger(16)
        finishedAt = row.optionalInteger(17)
        reason = row.optionalText(18)
        conversation = row.optionalText(19)
        origin = row.optionalText(20)
        isTest = row.integer(21) != 0
        document = row.bytes(22)
        zones = Queue.zones(row.optionalText(24))
        language = row.optionalText(25)
        keptBy = Share(channel: channel, name: row.text(23)).limit
    }
}
