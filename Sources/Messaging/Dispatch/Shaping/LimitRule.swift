/// What may leave for whom, and how fast: one entry of `channels.<name>.limits`.
public struct LimitRule: Sendable, Equatable {
    /// Whether all that the rule is about share one limit, or each has its own.
    public enum Each: String, Sendable, Codable, CaseIterable {
        case domain, brand, sender
    }

    /// What a limit by the calendar counts in.
    public enum Period: String, Sendable, Codable, CaseIterable {
        case hour, day
    }

    /// So many in each hour or day of a time zone.
    public struct Quota: Sendable, Equatable {
        public let most: Int
        public let period: Period
        /// An IANA name, such as `America/Los_Angeles`.
        public let zone: String
        /// Of a limit on money, in millionths: the most that a message may cost; `nil` for one that counts messages.
        public var dearest: Int?

        /// What tells it from the others of its limit.
        var word: String { period.rawValue + (dearest == nil ? "" : "-spend") }

        /// Why nothing goes any more.
        var exhausted: String {
            dearest == nil
                ? "all of the \(period.rawValue)'s \(most) are sent"
                : "the \(period.rawValue)'s \(Spending.decimal(Int64(most))) are spent"
        }
    }

    /// What its one limit is called; `nil` where each has its own.
    public let name: String?
    public let each: Each?
    public let domains: DomainSet?
    public let brands: Set<String>?
    public let rate: RateLimit?
    /// How many may be on the wire at once.
    public let concurrency: Int?
    public let quotas: [Quota]

    public init(
        name: String? = nil,
        each: Each? = nil,
        domains: DomainSet? = nil,
        brands: Set<String>? = nil,
        rate: RateLimit? = nil,
        concurrency: Int? = nil,
        quotas: [Quota] = []
    ) {
        self.name = name
        self.each = each
        self.domains = domains
        self.brands = brands
        self.rate = rate
        self.concurrency = concurrency
        self.quotas = quotas
    }

    /// Whether it asks where a message goes. The first such rule that fits a domain is the one that counts for it; of the
    /// others all count.
    var isAboutDomains: Bool { each == .domain || domains != nil }

    func covers(brand: String) -> Bool { brands?.contains(brand) ?? true }

    func covers(domain: String) -> Bool { domains?.contains(domain) ?? true }
}
