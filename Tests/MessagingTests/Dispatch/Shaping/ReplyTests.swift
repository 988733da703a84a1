import Testing

@testable import Messaging

@Suite("What replies ask for")
struct ReplyTests {
    @Test(
        "a wait in words is read",
        arguments: [
            ("450 4.7.1 try again in 5 minutes", 300_000), ("451 Greylisted, please try again in 300 seconds", 300_000),
            ("450 try again later in 2 hours", 7_200_000), ("421 retry after 30s", 30_000),
            ("450 come back in 1 min", 60_000),
            ("450 Try Again In 10 Minutes.", 600_000), ("450 wait 45 seconds", 45_000),
            ("450 try again in 999999 hours", 86_400_000), ("450 try again later", nil),
            ("450 mailbox full (10 messages)", nil), ("550 again", nil),
        ] as [(String, Int64?)]
    )
    func advice(_ reply: String, _ wait: Int64?) {
        #expect(RetryAdvice.wait(in: reply) == wait)
    }

    private static func handOff(_ domain: String, brand: String = "acme") -> HandOff {
        HandOff(
            id: 1,
            fence: 1,
            channel: .email,
            brand: brand,
            domain: domain,
            attempts: 0,
            since: 0,
            expires: nil,
            startedAt: 0,
            acceptedAt: 0,
            document: []
        )
    }

    @Test("a rule acts when so many replies have matched within its time, and counts anew then")
    func threshold() throws {
        let rule = try #require(
            ReplyRule("too many", count: 3, within: 1000, scope: .domain, rate: RateSettings("1/s"), duration: 5000)
        )
        var watch = ReplyWatch([.email: [rule]])
        func read(_ now: Int64, _ domain: String = "example.com") -> [Pause] {
            watch.read("452 Too Many mails", Self.handOff(domain), lane: "relay", limit: "domain:\(domain)", now: now)
        }
        #expect(read(0).isEmpty)
        #expect(read(900).isEmpty)
        #expect(read(1950, "example.org").isEmpty)
        #expect(read(1500).isEmpty)
        let orders = read(1800)
        #expect(orders.count == 1)
        #expect(orders.first?.domain == "example.com" && orders.first?.rate == RateSettings("1/s"))
        #expect(orders.first?.until == 6800)
        #expect(read(1810).isEmpty)
    }

    @Test(
        "the shipped rules act for their provider alone",
        arguments: [
            ("gmail.com", "421-4.7.0 this mail does not have authentication information", "brand acme", 3),
            ("ymail.com", "421 4.7.0 [TSS04] Messages temporarily deferred", "domain ymail.com", 2),
            ("yahoo.com", "421 4.7.0 [TS04] Messages temporarily deferred", "domain yahoo.com", 2),
            ("comcast.net", "421 RL0000 rate limited", "domain comcast.net", 2),
            ("example.com", "421 RL0000 rate limited", "", 0),
        ]
    )
    func shipped(_ domain: String, _ reply: String, _ subject: String, _ hours: Int64) {
        var watch = ReplyWatch([.email: ShippedLimits.replies])
        let orders = watch.read(reply, Self.handOff(domain), lane: "relay", limit: "x", now: 0)
        let words = orders.first.map {
            ($0.brand.map { "brand \($0)" } ?? "") + ($0.domain.map { "domain \($0)" } ?? "")
        }
        #expect(words ?? "" == subject)
        #expect(orders.first?.until ?? 0 == hours * 3_600_000)
    }
}
