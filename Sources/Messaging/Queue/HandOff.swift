/// A message that was handed off to a lane: what is needed to render, send and settle it.
public struct HandOff: Sendable {
    public let id: Int64
    /// The claim that this is; a settlement that names another changes nothing.
    public let fence: Int64
    public let channel: Channel
    public let brand: String
    /// The recipient's, in A-labels; empty on channels without.
    public let domain: String
    public let priority: Int
    /// What the message was claimed from.
    let share: Share
    /// Attempts that came before this one.
    public let attempts: Int
    /// When the time for retries began to run.
    public let since: Int64
    public let expires: Int64?
    public let startedAt: Int64
    public let acceptedAt: Int64
    /// When the time of day ends in which it may leave; `nil` for never.
    public internal(set) var closes: Int64?
    /// When it was to go; `startedAt` is never before it.
    public let due: Int64
    /// It goes to the outbox, whatever the transports say.
    public let isTest: Bool
    /// When the first attempt began of which nobody knows whether it arrived; `nil` where every one is known.
    public let doubtSince: Int64?
    /// The transport that had it when nobody knew: it is not given to another, which could know nothing of the first.
    public internal(set) var doubtLane: String?
    /// What opt-outs are matched by, and what else is kept as evidence.
    public internal(set) var addressKey = ""
    public internal(set) var category = ""
    /// The recipient's, where it is known: what names no locale is in it.
    public internal(set) var language: String?
    /// A text that is to say how to stop.
    public internal(set) var tellsStop = false
    /// With commas between.
    var zones = ""
    /// SHA-256 of what was rendered.
    var contentHash: [UInt8] = []
    /// Emptied once it is rendered: its bytes need not be kept while it is on the wire.
    public internal(set) var document: [UInt8]

    /// It must not leave after, nor arrive.
    public var latest: Int64? { [expires, closes].compactMap(\.self).min() }

    public init(
        id: Int64,
        fence: Int64,
        channel: Channel,
        brand: String = "",
        domain: String = "",
        priority: Int = NewMessage.standardPriority,
        limit: String? = nil,
        attempts: Int,
        since: Int64,
        expires: Int64?,
        startedAt: Int64,
        acceptedAt: Int64,
        due: Int64? = nil,
        isTest: Bool = false,
        doubtSince: Int64? = nil,
        document: [UInt8]
    ) {
        self.id = id
        self.fence = fence
        self.channel = channel
        self.brand = brand
        self.domain = domain
        self.priority = priority
        share = Share(channel: channel, brand: brand, limit: limit)
        self.attempts = attempts
        self.since = since
        self.expires = expires
        self.startedAt = startedAt
        self.acceptedAt = acceptedAt
        self.due = due ?? acceptedAt
        self.isTest = isTest
        self.doubtSince = doubtSince
        self.document = document
    }
}
