/// The dispatcher's part of the configuration.
public struct MessagingSettings: Sendable {
    public var channels: [Channel: ChannelSettings]
    public var brands: [String: BrandSettings]
    public var subscriptions: SubscriptionSettings
    /// Everything goes to the outbox, whatever the transports say.
    public var sandbox: Bool
    /// Finished messages are forgotten after this time; `nil` keeps them.
    public var retention: TimeSpan?
    /// What providers have posted is kept as it came for this time.
    public var rawRetention = TimeSpan(milliseconds: 30 * 86_400_000)
    /// The words of evidence about messages are kept for this time; `nil` for ever. What somebody said no to always is.
    public var evidenceRetention: TimeSpan? = .evidence
    /// The longest that a stop waits for what is on the wire.
    public var stopWithin: TimeSpan
    /// Where relative paths start.
    public var folder: String
    /// Where the outbox is when its path is not configured: beside the database.
    public var outbox: String

    public init(
        channels: [Channel: ChannelSettings] = [:],
        brands: [String: BrandSettings] = [:],
        subscriptions: SubscriptionSettings = .init(),
        sandbox: Bool = false,
        retention: TimeSpan? = TimeSpan(milliseconds: 90 * 86_400_000),
        stopWithin: TimeSpan = TimeSpan(milliseconds: 30_000),
        folder: String = ".",
        outbox: String = "outbox"
    ) {
        self.channels = channels
        self.brands = brands
        self.subscriptions = subscriptions
        self.sandbox = sandbox
        self.retention = retention
        self.stopWithin = stopWithin
        self.folder = folder
        self.outbox = outbox
    }

    /// The brands' ids; the sample brand's where none is configured.
    public var brandNames: [String] {
        brands.isEmpty ? [Brand.sampleID] : brands.keys.sorted()
    }

    /// What each channel that has a transport asks of its messages.
    public var rules: [Channel: ChannelRules] {
        Dictionary(
            uniqueKeysWithValues: Channel.allCases.compactMap { channel in
                settings(for: channel).map { (channel, ChannelRules(channel, $0, isSandbox: sandbox)) }
            }
        )
    }

    /// The country of phone numbers without a country code, where all brands agree on one.
    public var region: String? {
        let regions = Set(brands.values.map { $0.region ?? $0.locale.flatMap(Brand.region(of:)) ?? "" })
        guard regions.count == 1, let region = regions.first, !region.isEmpty else { return nil }
        return region
    }

    /// Whether texts that were not delivered go again.
    public var reopening: HookLog.Reopening? {
        guard let sms = channels[.sms], let within = sms.reopen?.milliseconds else { return nil }
        return HookLog.Reopening(within: within, retry: sms.retry.policy)
    }

    /// Whether people can answer texts: not where any comes from a name.
    public var textsTakeReplies: Bool {
        (settings(for: .sms)?.transports ?? []).allSatisfy { transport in
            let from: String? =
                switch transport {
                case .twilio(let twilio): twilio.from
                case .gateway(let gateway): gateway.from
                case .smtp, .outbox, .webhook, .task: nil
                }
            return from?.contains(where: \.isLetter) != true
        }
    }

    /// What a unit costs over each transport that has a price.
    public func prices(of channel: Channel) -> [(name: String, price: Price)] {
        (channels[channel]?.transports ?? []).compactMap { transport in
            let price: Price? =
                switch transport {
                case .twilio(let twilio): PriceSettings.price(twilio.price, twilio.currency)
                case .gateway(let gateway): PriceSettings.price(gateway.price, gateway.currency)
                case .smtp, .outbox, .webhook, .task: nil
                }
            return price.map { (transport.name, $0) }
        }
    }

    /// What limits each channel.
    var limits: [Channel: [LimitRule]] {
        guard !sandbox else { return [:] }
        var rules: [Channel: [LimitRule]] = [:]
        for (channel, settings) in channels {
            let unit = prices(of: channel).map(\.price.micros).max() ?? 0
            let units = channel == .sms ? settings.maxSegments ?? ChannelSettings.standardSegments : 1
            rules[channel] = settings.limits.map { $0.rule(dearest: Int(unit) * units) }
        }
        if channels[.email]?.shippedLimits ?? true { rules[.email, default: []] += ShippedLimits.rules }
        return rules
    }

    /// What follows from replies.
    var replyRules: [Channel: [ReplyRule]] {
        var rules = channels.mapValues { $0.replyRules.compactMap(\.rule) }
        if channels[.email]?.shippedLimits ?? true { rules[.email, default: []] += ShippedLimits.replies }
        return rules
    }

    /// Where the window of a letter's envelope is.
    public var envelope: LetterSheet.Envelope {
        for case .task(let task) in channels[.letter]?.transports ?? [] { return task.envelope ?? .din }
        return .din
    }

    /// The address that each brand sends from.
    var senders: [String: String] {
        brands.mapValues { (try? Mailbox(parsing: $0.from).address.description) ?? $0.from }
    }

    /// How a channel delivers. A channel that the configuration does not name has the outbox while nothing at all is
    /// configured, or in the sandbox; else `nil`: nothing is accepted for it.
    public func settings(for channel: Channel) -> ChannelSettings? {
        if channel == .event { return subscriptions.channel }
        var settings = channels[channel] ?? ChannelSettings()
        if channel == .webhook { settings.retry = settings.retry.asForWebhooks }
        if sandbox {
            settings.transports = [.outbox(OutboxSettings())]
        } else if settings.transports.isEmpty {
            guard channels.values.allSatisfy(\.transports.isEmpty) else { return nil }
            settings.transports = [.outbox(OutboxSettings())]
        }
        return settings
    }
}

/// `subscriptions`: to whom news may be sent.
public struct SubscriptionSettings: Sendable, Codable {
    /// `true` permits `http`, and addresses that are not of the public internet. Default `false`: whoever may subscribe could
    /// otherwise make this machine speak to its own network.
    public var allowPrivate = false
    /// When a delivery goes again. Default some 5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 6 h and then every 10 h, for three days,
    /// much as Standard Webhooks recommends.
    public var retry = RetrySettings()

    public init() {}

    /// How news goes out.
    var channel: ChannelSettings {
        ChannelSettings(retry: retry.asForWebhooks)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        allowPrivate = try container.decodeIfPresent(Bool.self, forKey: .allowPrivate) ?? false
        retry = try container.decodeIfPresent(RetrySettings.self, forKey: .retry) ?? retry
    }
}

extension TimeSpan {
    /// Five years: 47 CFR 64.1200(d)(6) asks for so much, 12 CFR 1006.100 for three.
    public static let evidence = TimeSpan(milliseconds: 1826 * 86_400_000)
}
