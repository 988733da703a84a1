/// What holds for email unless `shipped_limits: false`: large mailbox providers, each with one limit over all of its domains.
///
/// Mail leaves through relays, and a relay shapes its own connections; these keep a run from filling a relay's queue with
/// mail for one provider. 100 messages a second is the default that KumoMTA ships for a destination; the domains are those
/// under which the providers give out mailboxes themselves (KumoMTA, `docs/userguide/trafficshaping`; the providers' own
/// pages for new mailboxes). Domains of customers that a provider hosts cannot be told by their names.
enum ShippedLimits {
    private static let providers: [(name: String, domains: [String])] = [
        ("google", ["gmail.com", "googlemail.com"]),
        (
            "microsoft",
            [
                "outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de",
                "hotmail.it", "outlook.fr", "outlook.de", "live.co.uk", "live.fr", "live.nl",
            ]
        ),
        (
            "yahoo",
            [
                "yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de",
                "yahoo.it",
                "yahoo.es", "yahoo.ca", "yahoo.co.in", "yahoo.com.br", "verizon.net", "aim.com",
            ]
        ),
        ("apple", ["icloud.com", "me.com", "mac.com"]),
        ("comcast", ["comcast.net"]),
        ("gmx", ["gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "mail.com"]),
    ]

    private static let byDomain = Dictionary(
        providers.flatMap { provider in provider.domains.map { ($0, provider.name) } },
        uniquingKeysWith: { first, _ in first }
    )

    /// The large mailbox provider of a recipient's domain; `other` for all others.
    static func provider(of domain: String) -> String { byDomain[domain] ?? "other" }

    /// Behind the configured ones.
    static let rules: [LimitRule] = providers.map { provider in
        LimitRule(
            name: provider.name,
            domains: try? DomainSet(provider.domains),
            rate: RateLimit(perSecond: 100, burst: 100)
        )
    }

    /// Replies that mean more than their own message, as KumoMTA's default automation reads them.
    static let replies: [ReplyRule] = [
        ReplyRule(
            "does not have authentication information",
            domains: try? DomainSet(providers[0].domains),
            scope: .brand,
            duration: 3 * 3_600_000
        ),
        ReplyRule(
            #"\[TSS?04\]"#,
            domains: try? DomainSet(providers[2].domains),
            scope: .domain,
            duration: 2 * 3_600_000
        ),
        ReplyRule(
            "RL0000",
            domains: try? DomainSet(providers[4].domains),
            scope: .domain,
            rate: RateSettings("10000/h"),
            duration: 2 * 3_600_000
        ),
    ].compactMap(\.self)
}
