/// What the rules ask of a brand's messages, made ready once.
public struct CompliancePolicy: Sendable {
    /// Who a brand is.
    struct Regime: Sendable {
        var role = ComplianceSettings.SenderRole.firstPartyOwnName
        var nature = ComplianceSettings.DebtNature.consumer
        var debtor = ComplianceSettings.DebtorKind.naturalPerson
        var jurisdictions: Set<String> = ["US"]
        var hasSendHours = false
        var hasCaps = false
        var hasCanary = false
        var footer = BrandSettings.Footer.always

        /// 12 CFR 1006.2(i): who collects the debts of another, or its own under a name that is not its own; of consumers only.
        var isRegulationF: Bool {
            [.thirdPartyCollector, .debtBuyer, .firstPartyOtherName].contains(role) && nature != .commercial
                && debtor != .corporate && debtor != .government && isIn("US")
        }

        var isCollector: Bool { role == .thirdPartyCollector || role == .debtBuyer }

        /// A state's country counts with it.
        func isIn(_ place: String) -> Bool {
            jurisdictions.contains(place) || jurisdictions.contains { $0.hasPrefix("\(place)-") }
        }
    }

    /// A stretch of the day in which a rule lets messages leave.
    struct Hours: Sendable {
        let rule: String
        let window: SendWindow
        let channels: Set<Channel>
    }

    /// So many messages within a time.
    struct Cap: Sendable, Equatable {
        let rule: String
        let most: Int
        /// Milliseconds.
        let within: Int64
        let channels: Set<Channel>
        let isOfConversation: Bool
        /// A conversation by phone counts as all of them.
        var endsWithConversation = false
    }

    let regime: Regime
    /// The rules that apply, by id.
    public let rules: [String: ComplianceRule]
    let hours: [Hours]
    let caps: [Cap]
    /// How long texts go without saying how to stop, milliseconds; `nil` for ever.
    let stopEvery: Int64?
    /// How bulk runs begin; `nil` where they go as they come.
    let canary: Canary?
    /// Of recipients whose own is not known.
    let zone: String
    let zones: [String]
    /// A rule begins or ends at a time.
    private let isDated: Bool
    /// The hours and caps of each channel, made ready as they are asked for each message.
    private var quiet: [Channel: (rules: [String], windows: [SendWindow])] = [:]
    private var capsOf: [Channel: [Cap]] = [:]
    private let smsBasis: ComplianceSettings.ConsentBasis
    /// What was assumed as nobody said it.
    public let assumptions: [String]

    /// 8 to 21 o'clock.
    static let day = SendWindow(opens: 8 * 60, closes: 21 * 60)
    /// The same with room for what providers take their time with.
    static let cautiousDay = SendWindow(opens: 8 * 60 + 5, closes: 20 * 60 + 55)
    /// What a recipient is disturbed by.
    static let personal: Set<Channel> = [.email, .sms, .linkedin, .call, .letter]
    private static let week: Int64 = 7 * 86_400_000

    public init(_ brand: BrandSettings) {
        let settings = brand.compliance ?? ComplianceSettings()
        var regime = Regime()
        regime.role = settings.senderRole ?? regime.role
        regime.nature = settings.debtNature ?? regime.nature
        regime.debtor = settings.debtorKind ?? regime.debtor
        if let places = settings.jurisdictions { regime.jurisdictions = Set(places) }
        regime.hasSendHours = settings.sendHours != nil
        regime.hasCaps = !(settings.frequency ?? []).isEmpty
        regime.hasCanary = settings.canary != nil
        regime.footer = brand.footer ?? .always
        self.regime = regime
        var rules: [String: ComplianceRule] = [:]
        for var rule in ComplianceRule.all where rule.applies(regime) {
            let own = settings.rules?[rule.id]
            guard rule.standard.map({ own?.isOn ?? $0 }) ?? true else { continue }
            rule.effectiveFrom = own?.from ?? rule.effectiveFrom
            rule.effectiveTo = own?.to ?? rule.effectiveTo
            rules[rule.id] = rule
        }
        self.rules = rules
        zone = settings.timeZone ?? "UTC"
        smsBasis = settings.smsBasis ?? (regime.isCollector ? .none : .givenToCreditor)
        var hours: [Hours] = []
        if rules["SM-08"] != nil {
            hours.append(Hours(rule: "SM-08", window: CompliancePolicy.day, channels: [.sms, .call]))
        }
        if rules["RF-01"] != nil {
            hours.append(
                Hours(
                    rule: "RF-01",
                    window: CompliancePolicy.cautiousDay,
                    channels: [.email, .sms, .linkedin, .call]
                )
            )
        }
        if rules["HOURS"] != nil, let own = settings.sendHours {
            let channels = own.channels.map(Set.init) ?? CompliancePolicy.personal.subtracting([.letter])
            hours.append(Hours(rule: "HOURS", window: own.window, channels: channels))
        }
        self.hours = hours
        let every = regime.isRegulationF ? 0 : settings.smsStopEvery?.milliseconds ?? 30 * 86_400_000
        stopEvery = rules["SM-10"] == nil ? nil : every
        canary = rules["CANARY"] == nil ? nil : settings.canary.map(Canary.init)
        caps = CompliancePolicy.caps(rules, settings.frequency ?? [])
        assumptions = CompliancePolicy.assumptions(settings, regime, smsBasis)
        isDated = rules.values.contains { $0.effectiveFrom != nil || $0.effectiveTo != nil }
        zones = [zone]
        let (allHours, allCaps) = (self.hours, caps)
        for channel in Channel.allCases {
            quiet[channel] = CompliancePolicy.quiet(allHours.filter { $0.channels.contains(channel) })
            capsOf[channel] = allCaps.filter { $0.channels.contains(channel) }
        }
    }

    private static func caps(_ rules: [String: ComplianceRule], _ own: [FrequencySettings]) -> [Cap] {
        var caps: [Cap] = []
        if rules["RF-08"] != nil {
            caps.append(
                Cap(
                    rule: "RF-08",
                    most: 7,
                    within: week,
                    channels: [.call],
                    isOfConversation: true,
                    endsWithConversation: true
                )
            )
        }
        if rules["ST-01"] != nil {
            caps.append(Cap(rule: "ST-01", most: 2, within: week, channels: [.call, .sms], isOfConversation: true))
        }
        if rules["FREQUENCY"] != nil {
            caps += own.map {
                Cap(
                    rule: "FREQUENCY",
                    most: $0.most,
                    within: $0.within.milliseconds,
                    channels: $0.channels.map(Set.init) ?? personal,
                    isOfConversation: $0.eachConversation ?? false
                )
            }
        }
        return caps
    }

    private static func assumptions(
        _ settings: ComplianceSettings,
        _ regime: Regime,
        _ smsBasis: ComplianceSettings.ConsentBasis
    ) -> [String] {
        var found: [String] = []
        if settings.senderRole == nil { found.append("sender_role: it speaks of its own invoices, under its own name") }
        if settings.jurisdictions == nil { found.append("jurisdictions: US") }
        if settings.timeZone == nil { found.append("time_zone: UTC, for recipients of whom no zone is known") }
        if settings.smsBasis == nil, smsBasis == .givenToCreditor {
            found.append("sms_basis: people gave their numbers in connection with what they bought")
        }
        return found
    }

    // MARK: - What the gate asks

    /// Nothing but a no, a bounce or its expiry can keep a message of the channel: most email.
    func isPlain(_ channel: Channel) -> Bool {
        !isBlocked(channel) && !hours.contains { $0.channels.contains(channel) }
            && !caps.contains { $0.channels.contains(channel) } && !asksWhose && (channel != .sms || !needsConsent)
    }

    /// Texts go to those alone whose consent is recorded.
    var needsConsent: Bool { smsBasis == .none && rules["SM-01"] != nil }

    /// It matters whose address a message goes to.
    var asksWhose: Bool { rules["RF-10"] != nil || rules["RF-16"] != nil }

    /// A rule lets nothing of the channel through.
    private func isBlocked(_ channel: Channel) -> Bool { channel == .sms && rules["SM-13"] != nil }

    /// The first rule that ends a message.
    func block(_ message: Gate.Facts, now: Int64) -> ComplianceRule? {
        func inForce(_ id: String) -> ComplianceRule? { rules[id].flatMap { $0.isInForce(now) ? $0 : nil } }
        if message.channel == .email, CarrierDomains.contains(message.domain), let rule = inForce("CS-12") {
            return rule
        }
        if message.kind == .shared, message.channel != .letter, let rule = inForce("RF-16") { return rule }
        if message.kind == .work, message.channel == .email, !message.hasConsent, let rule = inForce("RF-10") {
            return rule
        }
        guard message.channel == .sms else { return nil }
        if let rule = inForce("SM-13") { return rule }
        if needsConsent, !message.hasConsent, let rule = inForce("SM-01") { return rule }
        return nil
    }

    /// The windows that a message of a channel must keep, and whose rules they are.
    func quiet(_ channel: Channel, now: Int64) -> (rules: [String], windows: [SendWindow]) {
        if !isDated { return quiet[channel] ?? ([], []) }
        return CompliancePolicy.quiet(hours.filter { $0.channels.contains(channel) && isInForce($0.rule, now) })
    }

    private static func quiet(_ hours: [Hours]) -> (rules: [String], windows: [SendWindow]) {
        (hours.map(\.rule), hours.map(\.window))
    }

    func caps(_ channel: Channel, now: Int64) -> [Cap] {
        let caps = capsOf[channel] ?? []
        return isDated ? caps.filter { isInForce($0.rule, now) } : caps
    }

    private func isInForce(_ rule: String, _ now: Int64) -> Bool { rules[rule]?.isInForce(now) ?? false }
}

/// What the rules ask, by brand.
public struct CompliancePolicies: Sendable {
    private let policies: [String: CompliancePolicy]
    /// Of a brand that the configuration does not know any more: what holds where nothing is said.
    private let standard: CompliancePolicy

    public init(_ brands: [String: BrandSettings]) {
        policies = (brands.isEmpty ? [Brand.sampleID: .sample] : brands).mapValues(CompliancePolicy.init)
        var unknown = BrandSettings.sample
        unknown.compliance = ComplianceSettings()
        standard = CompliancePolicy(unknown)
    }

    /// The same for every brand.
    init(all policy: CompliancePolicy) {
        policies = [:]
        standard = policy
    }

    public subscript(_ brand: String) -> CompliancePolicy { policies[brand] ?? standard }

    /// How far rules that count look back, milliseconds; 0 where there are none.
    var longestCap: Int64 {
        (policies.values + [standard]).flatMap(\.caps).map(\.within).max() ?? 0
    }
}

/// Where mobile carriers turn email into texts (47 CFR 64.3100 has the full list at the FCC). Known ones of large carriers.
enum CarrierDomains {
    private static let known: Set<String> = [
        "txt.att.net", "mms.att.net", "vtext.com", "vzwpix.com", "tmomail.net", "messaging.sprintpcs.com",
        "pm.sprint.com",
        "email.uscc.net", "mms.uscc.net", "sms.myboostmobile.com", "myboostmobile.com", "sms.cricketwireless.net",
        "mms.cricketwireless.net", "mymetropcs.com", "vmobl.com", "vmpix.com", "msg.fi.google.com",
        "text.republicwireless.com",
        "mmst5.tracfone.com", "message.ting.com", "sms.alltelwireless.com", "page.nextel.com",
    ]

    static func contains(_ domain: String) -> Bool { known.contains(domain) }
}
