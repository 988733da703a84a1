import Foundation

/// An entry of `channels.<name>.reply_rules`: when the other side says this, send less, or nothing, for a while.
public struct ReplyRuleSettings: Sendable, Codable {
    /// A regular expression; letters match in either case.
    public var match: String
    /// Only in replies for these recipient domains. Default: every one.
    public var domains: [String]?
    /// So many replies within `within` it takes. Default 1.
    public var count: Int?
    /// Default `1h`.
    public var within: TimeSpan?
    /// Who sends less: the `lane`, the recipient's `domain` (with its provider's other domains), or the `brand`.
    public var scope: ReplyRule.Scope
    /// What may still go. Default: nothing.
    public var rate: RateSettings?
    /// How long.
    public var `for`: TimeSpan

    enum CodingKeys: String, CodingKey {
        case match, domains, count, within, scope, rate
        case `for`
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        match = try container.decode(String.self, forKey: .match)
        domains = try container.decodeIfPresent([String].self, forKey: .domains)
        count = try container.decodeIfPresent(Int.self, forKey: .count)
        within = try container.decodeIfPresent(TimeSpan.self, forKey: .within)
        scope = try container.decode(ReplyRule.Scope.self, forKey: .scope)
        rate = try container.decodeIfPresent(RateSettings.self, forKey: .rate)
        `for` = try container.decode(TimeSpan.self, forKey: .for)
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        if match.isEmpty || (try? NSRegularExpression(pattern: match)) == nil {
            throw refuse(.match, "'\(match)' is no regular expression")
        }
        if let count, !(1...10_000).contains(count) { throw refuse(.count, "it must be from 1 to 10000") }
        do {
            _ = try DomainSet(domains ?? [])
        } catch {
            throw refuse(.domains, error.message)
        }
    }

    /// As the dispatcher obeys it; `nil` only for what does not decode.
    public var rule: ReplyRule? {
        ReplyRule(
            match,
            domains: domains.flatMap { try? DomainSet($0) },
            count: count ?? 1,
            within: within?.milliseconds ?? 3_600_000,
            scope: scope,
            rate: rate,
            duration: `for`.milliseconds
        )
    }
}
