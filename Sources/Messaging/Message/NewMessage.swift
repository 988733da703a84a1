/// A message that passed every check that can be made before it is stored.
public struct NewMessage: Sendable {
    /// The sender's own name for it; the same key twice is the same message.
    public var key: String?
    public var channel: Channel
    /// 0 is most urgent, 9 least.
    public var priority: Int
    /// Milliseconds since 1970, UTC; `nil` is now.
    public var due: Int64?
    public var expires: Int64?
    /// What opt-outs are matched by.
    public var addressKey: String
    /// The part of the address that many recipients share, such as an email domain; empty where there is none.
    public var domain: String
    public var brand: String
    /// The time zones in which the recipient may be.
    var zones: [String] = []
    public var category: String
    /// Empty where the message carries its own content.
    public var template: String
    public var customer: String?
    /// Messages that belong together, such as all about one invoice.
    public var conversation: String?
    /// Who handed it in, such as `token billing`.
    public var origin: String?
    /// It runs the whole path into the outbox, whatever the transports say.
    public var isTest = false
    /// It waits until a person lets it go.
    public var needsApproval = false
    /// It goes when the one before it does not arrive.
    var isStandby = false
    /// The same on other channels, each complete in itself.
    public var others: [NewMessage] = []
    var policy = Policy.all
    /// As it was given, where ``document`` is a part of it.
    var original: [UInt8]?
    /// The whole message as JSON, as it was given.
    public var document: [UInt8]

    /// What becomes of ``others``.
    enum Policy: Sendable, Equatable {
        /// All go.
        case all
        /// The next goes when one does not arrive, or not within so many milliseconds.
        case first(within: Int64?)
    }

    public static let standardPriority = 5
}
