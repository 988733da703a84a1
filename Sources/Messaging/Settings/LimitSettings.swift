/// An entry of `channels.<name>.limits`: how fast, and how many at once, for whom.
///
/// With `each`, every domain, brand or sender has a limit of its own; without it, all that the entry is about share one. For a
/// recipient's domain the first entry that fits counts, the shipped ones last; of the other entries all count.
public struct LimitSettings: Sendable, Codable {
    /// What the shared limit is called in lists; needed without `each`.
    public var name: String?
    /// `domain`, `brand` or `sender` (the address in a brand's `from`).
    public var each: LimitRule.Each?
    /// Recipient domains: `example.com`, or `*.example.com` for all below it. Default: every one. `email` only.
    public var domains: [String]?
    /// Default: every one.
    public var brands: [String]?
    /// Such as `10/s`; for texts the segments count.
    public var rate: RateSettings?
    /// How many may leave at once. Default what the rate allows in a second.
    public var burst: Int?
    /// Deliveries on the wire at the same time.
    public var concurrency: Int?
    /// By the hour and by the day of `time_zone`.
    public var perHour: Int?
    public var perDay: Int?
    /// What may be spent in a day, in the currency of the transports' prices, such as `25.50`.
    public var spendPerDay: Double?
    /// Where the hour and the day begin. Default `UTC`.
    public var timeZone: String?

    enum CodingKeys: String, CodingKey {
        case name, each, domains, brands, rate, burst, concurrency, perHour, perDay, spendPerDay, timeZone
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        each = try container.decodeIfPresent(LimitRule.Each.self, forKey: .each)
        domains = try container.decodeIfPresent([String].self, forKey: .domains)
        brands = try container.decodeIfPresent([String].self, forKey: .brands)
        rate = try container.decodeIfPresent(RateSettings.self, forKey: .rate)
        burst = try container.decodeIfPresent(Int.self, forKey: .burst)
        concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrency)
        perHour = try container.decodeIfPresent(Int.self, forKey: .perHour)
        perDay = try container.decodeIfPresent(Int.self, forKey: .perDay)
        spendPerDay = try container.decodeIfPresent(Double.self, forKey: .spendPerDay)
        timeZone = try container.decodeIfPresent(String.self, forKey: .timeZone)
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        if each == nil, name == nil {
            throw refuse(
                .name,
                "it is missing: name the limit that they share, or say 'each: domain', 'brand' or 'sender'"
            )
        }
        if each != nil, name != nil { throw refuse(.name, "with 'each', limits are called by whom they are for") }
        if let name, name.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) == nil {
            throw refuse(.name, "it has 1 to 64 letters, digits, dots, lines and underscores")
        }
        if rate == nil, concurrency == nil, perHour == nil, perDay == nil, spendPerDay == nil {
            throw refuse(.rate, "nothing is limited: give rate, concurrency, per_hour, per_day or spend_per_day")
        }
        if burst != nil, rate == nil { throw refuse(.burst, "it means nothing without a rate") }
        for (key, value) in [
            (CodingKeys.burst, burst), (.concurrency, concurrency), (.perHour, perHour), (.perDay, perDay),
        ] {
            if let value, !(1...1_000_000_000).contains(value) { throw refuse(key, "it must be at least 1") }
        }
        if let spendPerDay, !(0.000001...1_000_000_000).contains(spendPerDay) {
            throw refuse(.spendPerDay, "it must be more than 0")
        }
        if let timeZone, !TimeZones.isKnown(timeZone) {
            throw refuse(.timeZone, "'\(timeZone)' is no time zone: write a name such as America/Los_Angeles")
        }
        if timeZone != nil, perHour == nil, perDay == nil, spendPerDay == nil {
            throw refuse(.timeZone, "it means nothing without per_hour, per_day or spend_per_day")
        }
        do {
            _ = try DomainSet(domains ?? [])
        } catch {
            throw refuse(.domains, error.message)
        }
    }

    /// As the dispatcher obeys it.
    ///
    /// - Parameter dearest: what a message of the channel costs at most, in millionths of the currency.
    func rule(dearest: Int) -> LimitRule {
        let spend = spendPerDay.map { amount in
            LimitRule.Quota(
                most: Int((amount * 1e6).rounded()),
                period: .day,
                zone: timeZone ?? "UTC",
                dearest: max(1, dearest)
            )
        }
        return LimitRule(
            name: name,
            each: each,
            domains: domains.flatMap { try? DomainSet($0) },
            brands: brands.map(Set.init),
            rate: rate.map { RateLimit(perSecond: $0.perSecond, burst: burst ?? Int($0.perSecond.rounded(.up))) },
            concurrency: concurrency,
            quotas: [(perHour, LimitRule.Period.hour), (perDay, .day)].compactMap { most, period in
                most.map { LimitRule.Quota(most: $0, period: period, zone: timeZone ?? "UTC") }
            } + [spend].compactMap(\.self)
        )
    }
}
