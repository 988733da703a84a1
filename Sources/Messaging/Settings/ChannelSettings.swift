/// `channels.<name>` in the configuration: how a channel delivers.
public struct ChannelSettings: Sendable, Codable {
    /// In order of preference: the next one is used while the one before it is stopped or has no room; with a `weight` each gets
    /// its part. Default: the outbox, while no channel has any.
    public var transports: [TransportSettings]
    public var retry: RetrySettings
    /// What happens to a message of which nobody knows whether it arrived: `retry` (default) or `hold`.
    public var uncertain: UncertainPolicy
    /// Segments that a text may take, each of which is paid for; `sms` only. 1 to 10, default 6.
    public var maxSegments: Int?

    /// `required`: each message is held until a person approves it. Default `none`; on `linkedin` `required`, as LinkedIn's terms
    /// allow no automated messages.
    public var approval: Approval?
    /// Whether a message may show amounts of money. Default `true`; on `linkedin` `false`.
    public var amounts: Bool?

    /// A text that its provider took and then could not deliver for a reason that may pass goes again within this time after it
    /// was first sent; `sms` only. Default: it has bounced.
    public var reopen: TimeSpan?
    /// A transport of which most texts have no receipt after this time gets fewer, where there is another; `sms` only. Default:
    /// receipts are not missed.
    public var receiptsWithin: TimeSpan?
    /// How fast, and for whom.
    public var limits: [LimitSettings] = []
    /// Whether the limits and reply rules that ship for large mailbox providers hold too; `email` only. Default `true`.
    public var shippedLimits = true
    /// What follows from the other side's words.
    public var replyRules: [ReplyRuleSettings] = []
    /// How much more than another a brand may send while both have something to send. Default 1 for each.
    public var weights: [String: Double] = [:]

    public enum Approval: String, Sendable, Codable, CaseIterable {
        case required, none
    }

    /// Segments that a text may take unless it is configured.
    public static let standardSegments = 6

    public init(
        transports: [TransportSettings] = [],
        retry: RetrySettings = .init(),
        uncertain: UncertainPolicy = .retry,
        maxSegments: Int? = nil
    ) {
        self.transports = transports
        self.retry = retry
        self.uncertain = uncertain
        self.maxSegments = maxSegments
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            transports: try container.decodeIfPresent([TransportSettings].self, forKey: .transports) ?? [],
            retry: try container.decodeIfPresent(RetrySettings.self, forKey: .retry) ?? .init(),
            uncertain: try container.decodeIfPresent(UncertainPolicy.self, forKey: .uncertain) ?? .retry,
            maxSegments: try container.decodeIfPresent(Int.self, forKey: .maxSegments)
        )
        approval = try container.decodeIfPresent(Approval.self, forKey: .approval)
        amounts = try container.decodeIfPresent(Bool.self, forKey: .amounts)
        reopen = try container.decodeIfPresent(TimeSpan.self, forKey: .reopen)
        receiptsWithin = try container.decodeIfPresent(TimeSpan.self, forKey: .receiptsWithin)
        limits = try container.decodeIfPresent([LimitSettings].self, forKey: .limits) ?? []
        shippedLimits = try container.decodeIfPresent(Bool.self, forKey: .shippedLimits) ?? true
        replyRules = try container.decodeIfPresent([ReplyRuleSettings].self, forKey: .replyRules) ?? []
        weights = try container.decodeIfPresent([String: Double].self, forKey: .weights) ?? [:]
        for (brand, weight) in weights where !(0.01...100).contains(weight) {
            throw DecodingError.dataCorruptedError(
                forKey: .weights,
                in: container,
                debugDescription: "the weight of \(brand) must be from 0.01 to 100"
            )
        }
        for transport in transports {
            guard let weight = transport.weight, !(0...1000).contains(weight) else { continue }
            throw DecodingError.dataCorruptedError(
                forKey: .transports,
                in: container,
                debugDescription: "the weight of \(transport.name) must be from 0 to 1000"
            )
        }
        if let maxSegments, !(1...10).contains(maxSegments) {
            throw DecodingError.dataCorruptedError(
                forKey: .maxSegments,
                in: container,
                debugDescription: "it must be from 1 to 10"
            )
        }
    }
}

/// `channels.<name>.retry`.
public struct RetrySettings: Sendable, Codable {
    /// The wait before the first retry. Default `1m`; on `webhook` the waits are those that Standard Webhooks recommends, from
    /// `5s` on.
    public var first: TimeSpan?
    /// Each wait is this many times the one before. At least 1; default 2.
    public var factor: Double?
    /// No wait is longer, unless the other side asks for it. Default `4h`.
    public var max: TimeSpan?
    /// No attempt starts later than this after the message was first due. Default `3d`.
    public var giveUp: TimeSpan?

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        first = try container.decodeIfPresent(TimeSpan.self, forKey: .first)
        factor = try container.decodeIfPresent(Double.self, forKey: .factor)
        max = try container.decodeIfPresent(TimeSpan.self, forKey: .max)
        giveUp = try container.decodeIfPresent(TimeSpan.self, forKey: .giveUp)
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        if let factor, factor < 1 { throw refuse(.factor, "it must be at least 1") }
        if first?.milliseconds == 0 { throw refuse(.first, "it must be more than 0") }
        if max?.milliseconds == 0 { throw refuse(.max, "it must be more than 0") }
    }

    /// With the waits that Standard Webhooks recommends where none are given: some 5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 6 h and
    /// then every 10 h.
    var asForWebhooks: RetrySettings {
        var settings = self
        settings.first = first ?? TimeSpan(milliseconds: 5000)
        settings.factor = factor ?? 4
        settings.max = max ?? TimeSpan(milliseconds: 10 * 3_600_000)
        return settings
    }

    public var policy: RetryPolicy {
        var policy = RetryPolicy()
        if let first { policy.first = first.milliseconds }
        if let factor { policy.factor = Swift.max(1, factor) }
        if let max { policy.max = max.milliseconds }
        if let giveUp { policy.giveUp = giveUp.milliseconds }
        return policy
    }
}
