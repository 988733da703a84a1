/// `brands.<id>.compliance`: who speaks to whom about what, and which rules follow.
public struct ComplianceSettings: Sendable, Codable {
    /// Whose debt the messages are about, if they are about one. Default `first_party_own_name`.
    public var senderRole: SenderRole?
    /// Default `consumer`, the stricter.
    public var debtNature: DebtNature?
    /// Default `natural_person`, the stricter.
    public var debtorKind: DebtorKind?
    /// Countries as ISO 3166 has them, and states such as `US-MA`, whose rules apply. Default `US`.
    public var jurisdictions: [String]?
    /// Of recipients whose own zone is not known. Default `UTC`.
    public var timeZone: String?
    /// On what ground texts are sent to whom no consent is recorded of. Default `given_to_creditor` for first parties: people gave
    /// their numbers in connection with what they bought. For others `none`: consent must be recorded.
    public var smsBasis: ConsentBasis?
    /// So long after a text has said how to stop, the next one says it again. Default `30d`; a collector's each says it.
    public var smsStopEvery: TimeSpan?
    /// When messages may leave beside what the rules say.
    public var sendHours: SendHoursSettings?
    /// The most that a person gets.
    public var frequency: [FrequencySettings]?
    /// How the first messages of a bulk run are looked at before the rest goes; without it a run goes as it comes.
    public var canary: CanarySettings?
    /// Rules by id: `false` switches one off, `{from: 2027-01-31}` and `{to: ...}` let it hold from a day on, and before one (UTC).
    public var rules: [String: RuleSwitch]?

    public enum SenderRole: String, Sendable, Codable, CaseIterable {
        case firstPartyOwnName = "first_party_own_name"
        case firstPartyOtherName = "first_party_other_name"
        case servicerBeforeDefault = "servicer_before_default"
        case thirdPartyCollector = "third_party_collector"
        case debtBuyer = "debt_buyer"
    }

    public enum DebtNature: String, Sendable, Codable, CaseIterable {
        case consumer, commercial, unknown
    }

    public enum DebtorKind: String, Sendable, Codable, CaseIterable {
        case naturalPerson = "natural_person"
        case soleTrader = "sole_trader"
        case partnership, corporate, government, unknown
    }

    public enum ConsentBasis: String, Sendable, Codable, CaseIterable {
        case givenToCreditor = "given_to_creditor"
        case none
    }

    public init() {}

    /// Throws for what names nothing that there is.
    func check(_ place: String) throws(Rejection) {
        for (index, name) in (jurisdictions ?? []).enumerated()
        where name.wholeMatch(of: /[A-Z]{2}(?:-[A-Z0-9]{1,3})?/) == nil {
            throw Rejection("\(place).jurisdictions[\(index)]", "'\(name)' is no place: write it like US, US-MA or GB")
        }
        if let timeZone, !TimeZones.isKnown(timeZone) {
            throw Rejection(
                "\(place).time_zone",
                "'\(timeZone)' is no time zone: write a name such as America/New_York"
            )
        }
        try canary?.check("\(place).canary")
        for (id, _) in (rules ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let rule = ComplianceRule.all.first(where: { $0.id == id }) else {
                let known = ComplianceRule.all.filter { $0.standard != nil }.map(\.id).joined(separator: ", ")
                throw Rejection("\(place).rules.\(id)", "there is no such rule; those that can be switched: \(known)")
            }
            guard rule.standard != nil else {
                throw Rejection("\(place).rules.\(id)", "it always holds: \(rule.summary)")
            }
        }
    }
}

/// An entry of `rules`.
public struct RuleSwitch: Sendable, Codable, Equatable, ExpressibleByBooleanLiteral {
    public var isOn: Bool
    /// Milliseconds since 1970, UTC; `nil` for what the rule itself says.
    public var from: Int64?
    public var to: Int64?

    enum CodingKeys: String, CodingKey { case from, to }

    public init(booleanLiteral value: Bool) {
        isOn = value
    }

    public init(from decoder: any Decoder) throws {
        if let isOn = try? decoder.singleValueContainer().decode(Bool.self) {
            self.isOn = isOn
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isOn = true
        func day(_ key: CodingKeys) throws -> Int64? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            guard SendHoursSettings.date(text) != nil, let time = Timestamp.parse("\(text)T00:00:00Z") else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "'\(text)' is no date: write it like 2027-01-31"
                )
            }
            return time
        }
        from = try day(.from)
        to = try day(.to)
        if let from, let to, to <= from {
            throw DecodingError.dataCorruptedError(
                forKey: .to,
                in: container,
                debugDescription: "it must be later than 'from'"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        guard from != nil || to != nil else {
            var container = encoder.singleValueContainer()
            return try container.encode(isOn)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(from.map { String(Timestamp.text($0).prefix(10)) }, forKey: .from)
        try container.encodeIfPresent(to.map { String(Timestamp.text($0).prefix(10)) }, forKey: .to)
    }
}

/// `send_hours`: from and to as local times, on which days, on which channels.
public struct SendHoursSettings: Sendable, Codable {
    /// `08:00`.
    public var from: String
    /// `21:00`; later than `from`.
    public var to: String
    /// `mon` to `sun`. Default every one.
    public var days: [String]?
    /// Local dates without messages, such as `2026-12-25`, and places whose public holidays are, such as `US` or `DE-BY`.
    public var holidays: [String]?
    /// Default all but `webhook` and `letter`.
    public var channels: [Channel]?

    static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    enum CodingKeys: String, CodingKey { case from, to, days, holidays, channels }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        from = try container.decode(String.self, forKey: .from)
        to = try container.decode(String.self, forKey: .to)
        days = try container.decodeIfPresent([String].self, forKey: .days)
        holidays = try container.decodeIfPresent([String].self, forKey: .holidays)
        channels = try container.decodeIfPresent([Channel].self, forKey: .channels)
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        guard let opens = SendHoursSettings.minutes(from) else {
            throw refuse(.from, "'\(from)' is no time of day: write it like 08:00")
        }
        guard let closes = SendHoursSettings.minutes(to), closes > opens else {
            throw refuse(.to, "'\(to)' is no time of day after 'from': write it like 21:00")
        }
        for day in days ?? [] where !SendHoursSettings.weekdays.contains(day) {
            throw refuse(.days, "'\(day)' is no day: write mon, tue, wed, thu, fri, sat or sun")
        }
        if days?.isEmpty ?? false { throw refuse(.days, "no day is left: nothing could ever be sent") }
        for name in holidays ?? []
        where SendHoursSettings.date(name) == nil && !HolidayCalendar.known.contains(name) {
            let known = HolidayCalendar.known.joined(separator: ", ")
            throw refuse(
                .holidays,
                "'\(name)' is no date such as 2026-12-25, and no place whose holidays are known: \(known)"
            )
        }
    }

    /// `24:00` is the end of the day.
    static func minutes(_ text: String) -> Int? {
        guard let match = text.wholeMatch(of: /([0-9]{2}):([0-9]{2})/), let hours = Int(match.1),
            let minutes = Int(match.2), minutes < 60, hours * 60 + minutes <= 24 * 60
        else { return nil }
        return hours * 60 + minutes
    }

    static func date(_ text: String) -> Int? {
        guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil,
            Timestamp.parse("\(text)T00:00:00Z").map({ Timestamp.text($0).hasPrefix(text) }) ?? false
        else { return nil }
        return Int(text.filter(\.isNumber))
    }

    var window: SendWindow {
        SendWindow(
            opens: SendHoursSettings.minutes(from) ?? 0,
            closes: SendHoursSettings.minutes(to) ?? 24 * 60,
            days: days.map { Set($0.compactMap { SendHoursSettings.weekdays.firstIndex(of: $0).map { $0 + 1 } }) }
                ?? Set(1...7),
            holidays: (holidays ?? []).reduce(into: []) { days, name in
                if let date = SendHoursSettings.date(name) {
                    days.insert(date)
                } else {
                    days.formUnion(HolidayCalendar.dates(name))
                }
            }
        )
    }
}

/// An entry of `frequency`: so many messages to a person within a time; all brands of the installation count.
public struct FrequencySettings: Sendable, Codable {
    public var most: Int
    public var within: TimeSpan
    /// Default all but `webhook`; what they share is counted together.
    public var channels: [Channel]?
    /// Counts each conversation, such as an invoice's, by itself. Default `false`.
    public var eachConversation: Bool?

    enum CodingKeys: String, CodingKey { case most, within, channels, eachConversation }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        most = try container.decode(Int.self, forKey: .most)
        within = try container.decode(TimeSpan.self, forKey: .within)
        channels = try container.decodeIfPresent([Channel].self, forKey: .channels)
        eachConversation = try container.decodeIfPresent(Bool.self, forKey: .eachConversation)
        guard (1...1000).contains(most) else {
            throw DecodingError.dataCorruptedError(
                forKey: .most,
                in: container,
                debugDescription: "it must be from 1 to 1000"
            )
        }
        guard (1000...366 * 86_400_000).contains(within.milliseconds) else {
            throw DecodingError.dataCorruptedError(
                forKey: .within,
                in: container,
                debugDescription: "it must be from 1s to 366d"
            )
        }
    }
}
