public import Logging
public import Messaging
public import Storage

/// What the routes work with.
public struct Backend: Sendable {
    public let queue: Queue
    public let optOuts: OptOuts
    public let audit: AuditLog
    /// The transports' names, by channel.
    public let lanes: [Channel: [String]]
    public let spending: Spending
    /// What a segment of a text costs, by transport.
    public let prices: [(name: String, price: Price)]
    public let tasks: ManualTasks
    public let envelope: LetterSheet.Envelope
    public let policies: CompliancePolicies
    public let counts: ComplianceCounts
    public let evidence: Evidence
    public let reputation: Reputation
    public let replies: Replies
    public let tokens: Tokens
    public let subscriptions: Subscriptions
    public let allowsPrivateSubscribers: Bool
    public let composer: Composer
    public let reader: MessageReader
    public let brands: [String]
    /// The country of phone numbers without a country code, where the brands agree on one.
    public let region: String?
    /// Who reads what providers post, by the transport's name.
    public let hooks: [String: any HookReader]
    /// Whether texts that were not delivered go again.
    public let reopening: HookLog.Reopening?
    /// Signs what browsers carry for us.
    public let secret: String
    public let clock: WallClock
    public let logger: Logger

    public init(
        queue: Queue,
        optOuts: OptOuts,
        audit: AuditLog,
        lanes: [Channel: [String]],
        spending: Spending,
        prices: [(name: String, price: Price)],
        tasks: ManualTasks,
        envelope: LetterSheet.Envelope,
        policies: CompliancePolicies,
        counts: ComplianceCounts,
        evidence: Evidence,
        reputation: Reputation,
        replies: Replies,
        tokens: Tokens,
        subscriptions: Subscriptions,
        allowsPrivateSubscribers: Bool,
        composer: Composer,
        reader: MessageReader,
        brands: [String],
        region: String?,
        hooks: [String: any HookReader],
        reopening: HookLog.Reopening?,
        secret: String,
        clock: WallClock,
        logger: Logger
    ) {
        self.queue = queue
        self.optOuts = optOuts
        self.audit = audit
        self.lanes = lanes
        self.spending = spending
        self.prices = prices
        self.tasks = tasks
        self.envelope = envelope
        self.policies = policies
        self.counts = counts
        self.evidence = evidence
        self.reputation = reputation
        self.replies = replies
        self.tokens = tokens
        self.subscriptions = subscriptions
        self.allowsPrivateSubscribers = allowsPrivateSubscribers
        self.composer = composer
        self.reader = reader
        self.brands = brands
        self.region = region
        self.hooks = hooks
        self.reopening = reopening
        self.secret = secret
        self.clock = clock
        self.logger = logger
    }
}
