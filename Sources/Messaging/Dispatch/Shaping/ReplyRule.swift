import Foundation

/// What follows when the other side's words match a pattern: one entry of `channels.<name>.reply_rules`.
public struct ReplyRule: Sendable {
    /// What the order is about.
    public enum Scope: String, Sendable, Codable, CaseIterable {
        case lane, domain, brand
    }

    let expression: NSRegularExpression
    let pattern: String
    /// Only of replies for these domains; `nil` for every one.
    let domains: DomainSet?
    /// So many replies within so many milliseconds.
    let count: Int
    let within: Int64
    let scope: Scope
    /// What still goes; `nil` for nothing.
    let rate: RateSettings?
    /// How long the order holds, milliseconds.
    let duration: Int64

    /// `nil` where the pattern is no regular expression.
    public init?(
        _ pattern: String,
        domains: DomainSet? = nil,
        count: Int = 1,
        within: Int64 = 3_600_000,
        scope: Scope,
        rate: RateSettings? = nil,
        duration: Int64
    ) {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: .caseInsensitive) else { return nil }
        self.expression = expression
        self.pattern = pattern
        self.domains = domains
        self.count = count
        self.within = within
        self.scope = scope
        self.rate = rate
        self.duration = duration
    }
}

/// The rules of all channels, and the replies that have matched. Time is milliseconds since 1970, UTC.
struct ReplyWatch: Sendable {
    private let rules: [Channel: [ReplyRule]]
    /// When replies matched, by rule and by what the order would be about.
    private var matches: [Key: [Int64]] = [:]

    private struct Key: Hashable {
        let channel: Channel
        let rule: Int
        let subject: String
    }

    init(_ rules: [Channel: [ReplyRule]]) {
        self.rules = rules
    }

    /// - Parameters:
    ///   - reply: the other side's words.
    ///   - limit: what the domain's limit is called, so that a provider's domains count together.
    /// - Returns: the orders that follow.
    mutating func read(_ reply: String, _ handOff: HandOff, lane: String, limit: String, now: Int64) -> [Pause] {
        guard let rules = rules[handOff.channel] else { return [] }
        var orders: [Pause] = []
        for (number, rule) in rules.enumerated() {
            guard rule.domains?.contains(handOff.domain) ?? true,
                rule.expression.firstMatch(in: reply, range: NSRange(reply.startIndex..., in: reply)) != nil
            else { continue }
            let subject =
                switch rule.scope {
                case .lane: lane
                case .domain: limit
                case .brand: handOff.brand
                }
            let key = Key(channel: handOff.channel, rule: number, subject: subject)
            var times = (matches[key] ?? []).suffix(rule.count - 1).filter { $0 > now - rule.within }
            times.append(now)
            guard times.count >= rule.count else {
                matches[key] = times
                continue
            }
            matches[key] = nil
            orders.append(
                Pause(
                    handOff.channel,
                    lane: rule.scope == .lane ? lane : nil,
                    brand: rule.scope == .brand ? handOff.brand : nil,
                    domain: rule.scope == .domain ? handOff.domain : nil,
                    rate: rule.rate,
                    reason: "a reply matched '\(rule.pattern)': \(reply)",
                    by: AuditEntry.dunlin,
                    until: now + rule.duration
                )
            )
        }
        if matches.count > 10_000 { matches = [:] }
        return orders
    }
}
