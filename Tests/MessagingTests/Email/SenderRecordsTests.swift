import Testing

@testable import Messaging

@Suite("What the DNS says of who may send")
struct SenderRecordsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var records: [String: [String]] = [:]
        var from = "acme.com"
        var returnPath = "acme.com"
        var signing: [String] = []
        /// How the problems begin.
        var problems: [String] = []
    }

    private static let spf = "v=spf1 include:relay.net -all"
    private static let dmarc = "v=DMARC1; p=none"

    static let cases: [Case] = [
        Case(testDescription: "all is well", records: ["acme.com": ["x", spf], "_dmarc.acme.com": [dmarc]]),
        Case(testDescription: "nothing", problems: ["spf: acme.com: no record", "dmarc: _dmarc.acme.com: no record"]),
        Case(
            testDescription: "two of SPF",
            records: ["acme.com": [spf, "V=SPF1 ~all"], "_dmarc.acme.com": [dmarc]],
            problems: ["spf: acme.com: it has 2 records"]
        ),
        Case(
            testDescription: "everybody",
            records: ["acme.com": ["v=spf1 +all"], "_dmarc.acme.com": [dmarc]],
            problems: ["spf: acme.com: it lets everybody send"]
        ),
        Case(
            testDescription: "what only begins like SPF",
            records: ["acme.com": ["v=spf10 -all"], "_dmarc.acme.com": [dmarc]],
            problems: ["spf: acme.com: no record"]
        ),
        Case(
            testDescription: "the policy of the domain above",
            records: ["mail.acme.com": [spf], "_dmarc.acme.com": [dmarc]],
            from: "mail.acme.com",
            returnPath: "mail.acme.com"
        ),
        Case(
            testDescription: "none asked of the last label",
            records: ["acme.com": [spf], "_dmarc.com": [dmarc]],
            problems: ["dmarc: _dmarc.acme.com: no record"]
        ),
        Case(
            testDescription: "a policy that is none",
            records: ["acme.com": [spf], "_dmarc.acme.com": ["v=DMARC1; p=maybe"]],
            problems: ["dmarc: _dmarc.acme.com: its policy is 'maybe'"]
        ),
        Case(
            testDescription: "two policies",
            records: ["acme.com": [spf], "_dmarc.acme.com": [dmarc, dmarc]],
            problems: ["dmarc: _dmarc.acme.com: it has 2 records"]
        ),
        Case(
            testDescription: "another's return path and another's signature",
            records: ["relay.net": [spf], "_dmarc.acme.com": [dmarc], "_dmarc.relay.net": [dmarc]],
            returnPath: "relay.net",
            signing: ["relay.net"],
            problems: ["dmarc: neither the return path (relay.net) nor a signature belongs to acme.com"]
        ),
        Case(
            testDescription: "a return path below the same organisation",
            records: ["bounce.acme.com": [spf], "_dmarc.acme.com": [dmarc]],
            from: "acme.com",
            returnPath: "bounce.acme.com",
            signing: ["relay.net"]
        ),
        Case(
            testDescription: "another's return path, and our own signature",
            records: ["relay.net": [spf], "_dmarc.acme.com": [dmarc]],
            returnPath: "relay.net",
            signing: ["relay.net", "acme.com"]
        ),
        Case(testDescription: "an example's domain", from: "acme.example", returnPath: "acme.example"),
        Case(testDescription: "another example's", from: "mail.example.com", returnPath: "relay.net"),
    ]

    @Test("is found wanting where mailbox providers would not believe it", arguments: cases)
    func problems(_ one: Case) async throws {
        let records = SenderRecords { one.records[$0] ?? [] }
        let found = try await records.problems(from: one.from, returnPath: one.returnPath, signing: one.signing)
        #expect(found.count == one.problems.count, "\(found)")
        for (found, expected) in zip(found, one.problems) { #expect(found.hasPrefix(expected)) }
    }

    @Test("is looked for above a domain, but not at the last label, and of a long name at the shorter ones only")
    func walk() {
        #expect(SenderRecords.walk("a.mail.Acme.com") == ["a.mail.acme.com", "mail.acme.com", "acme.com"])
        #expect(SenderRecords.walk("com") == [])
        #expect(
            SenderRecords.walk("a.b.c.d.e.f.g.h.i.j.com").prefix(2) == ["a.b.c.d.e.f.g.h.i.j.com", "e.f.g.h.i.j.com"]
        )
    }
}
