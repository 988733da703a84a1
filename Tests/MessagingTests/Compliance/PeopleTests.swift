import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A person")
struct PeopleTests {
    private static func entry(_ key: String, _ scope: OptOut.Scope = .init(), source: String = "cli") -> OptOuts.Entry {
        OptOuts.Entry(addressKey: key, address: key, scope: scope, source: source)
    }

    private func scopes(_ fixture: QueueFixture, _ key: String) async throws -> [String] {
        try await fixture.optOuts.covering(key).map { "\($0.scope) (\($0.source))" }.sorted()
    }

    @Test("of several addresses has one no: what was said before they were known as one, and after")
    func merged() async throws {
        let fixture = try await QueueFixture()
        let people = People(fixture.database)
        _ = try await fixture.optOuts.add([Self.entry("a@example.com", .init(channel: .email))], by: "ada")
        _ = try await fixture.optOuts.add([Self.entry("b@example.com", source: OptOut.bounce)], by: "ada")
        #expect(
            try await people.merge(["a@example.com", "b@example.com"], by: "ada").sorted() == [
                "a@example.com", "b@example.com",
            ]
        )
        #expect(try await scopes(fixture, "b@example.com") == ["channel email (cli)", "everything (bounce)"])
        #expect(
            try await scopes(fixture, "a@example.com") == ["channel email (cli)"],
            "that one is gone says nothing of another"
        )
        #expect(try await people.merge(["c@example.com", "d@example.com"], by: "ada").count == 2)
        #expect(try await people.merge(["d@example.com", "a@example.com"], by: "ada").count == 4)
        #expect(try await scopes(fixture, "c@example.com") == ["channel email (cli)"])
        _ = try await fixture.optOuts.add([Self.entry("c@example.com", .init(brand: "acme"))], by: "ada")
        for key in ["a@example.com", "b@example.com", "d@example.com"] {
            #expect(try await scopes(fixture, key).contains("brand acme (cli)"), "\(key)")
        }
        #expect(try await Evidence(fixture.database).verify().faults == [])
    }

    @Test("is erased but for what they said no to and what is still to go; the chain of evidence stays whole")
    func erased() async throws {
        let fixture = try await DispatcherFixture()
        let message = QueueFixture.message(to: "ada@example.com")
        _ = try await fixture.enqueue([message, message, QueueFixture.message(to: "eve@example.com")])
        try await fixture.drain(MemoryTransport())
        _ = try await fixture.enqueue([QueueFixture.message(to: "ada@example.com", due: .max / 2)])
        _ = try await fixture.queued.optOuts.add([Self.entry("ada@example.com")], by: "ada")
        let people = People(fixture.queued.database)
        let record = try await people.show("ada@example.com")
        #expect(record.messages.count == 3 && record.optOuts.count == 1)
        let done = try await people.erase("ada@example.com", caps: 0, by: "ada")
        #expect(done == .init(messages: 2, evidence: 2, open: 1))
        let rest = try await people.show("ada@example.com")
        #expect(rest.messages.count == 1 && rest.optOuts.count == 1)
        let evidence = try await Evidence(fixture.queued.database).verify()
        #expect(evidence.faults == [] && evidence.erased == 2)
        let status = try await fixture.queue.status(now: fixture.clock.now)
        #expect(status.sumHolds && status.messages[.sent] == 1)
        let log = try await AuditLog(fixture.queued.database).list(limit: 1)
        #expect(log.first?.action == .personErased && log.first?.subject == "a person")
    }

    @Test("who has agreed is texted where consent is asked for; who withdraws is not; a no stands above both")
    func consent() async throws {
        var fixture = try await DispatcherFixture()
        var brand = BrandSettings.sample
        brand.compliance = ComplianceSettings()
        brand.compliance?.smsBasis = ComplianceSettings.ConsentBasis.none
        brand.compliance?.rules = ["SM-08": false]
        fixture.policies = CompliancePolicies(all: CompliancePolicy(brand))
        let queue = Queue(fixture.queued.database, reservedBytes: 0, policies: fixture.policies)
        let consents = Consents(fixture.queued.database)
        func verdict() async throws -> MessageState? {
            let receipt = try await queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])[0]
            guard case .accepted(let id) = receipt else { return nil }
            let request = ClaimRequest(share: Share(channel: .sms, brand: "example"), limit: 9)
            for handOff in try await queue.turn(.init(claims: [request]), node: 1).handOffs {
                try await fixture.queued.settle(handOff, .accepted("ok"))
            }
            return try await queue.message(id)?.state
        }
        #expect(try await verdict() == .blocked)
        let consent = Consent(
            addressKey: "+12025550123",
            address: "+12025550123",
            channel: .sms,
            basis: "written",
            wording: "Text me about my invoices.",
            source: "form",
            at: fixture.clock.now
        )
        try await consents.give(consent, by: "ada")
        #expect(try await verdict() == .sent)
        _ = try await fixture.queued.optOuts.add([Self.entry("+12025550123", .init(channel: .sms))], by: "ada")
        #expect(try await verdict() == .blocked)
        _ = try await fixture.queued.optOuts.remove(id: 1, by: "ada")
        var own = consent
        own.brand = "acme"
        try await consents.give(own, by: "ada")
        #expect(try await consents.withdraw("+12025550123", .sms, brand: nil, by: "ada"), "each brand's own ends too")
        #expect(try await !consents.withdraw("+12025550123", .sms, brand: nil, by: "ada"))
        #expect(try await verdict() == .blocked)
    }

    @Test(
        "who is erased is not forgotten by what they said no to: it is kept under a hash, and holds when anybody writes again"
    )
    func hidden() async throws {
        let fixture = try await DispatcherFixture()
        _ = try await Installation.secret(fixture.queued.database)
        _ = try await fixture.queued.optOuts.add([Self.entry("ada@example.com", .init(channel: .email))], by: "ada")
        let people = People(fixture.queued.database)
        #expect(try await people.erase("ada@example.com", caps: 0, by: "eve") == .init())
        let row = try #require(try await fixture.queued.optOuts.list(limit: 5).first)
        #expect(row.isErased && row.address == OptOut.erased && row.note == nil)
        #expect(try await fixture.queued.optOuts.covering("ada@example.com").map(\.scope) == [.init(channel: .email)])
        #expect(try await fixture.queued.optOuts.covering("eve@example.com").isEmpty)
        let ids = try await fixture.enqueue([
            QueueFixture.message(to: "ada@example.com"), QueueFixture.message(to: "eve@example.com"),
        ])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
        #expect(try await fixture.message(ids[0])?.state == .blocked)
        #expect(try await fixture.queued.optOuts.list(limit: 5).map(\.addressKey) == ["ada@example.com"])
        #expect(try await people.erase("ada@example.com", caps: 0, by: "eve") != nil)
        #expect(
            try await fixture.queued.optOuts.remove(
                addressKey: "ada@example.com",
                scope: .init(channel: .email),
                by: "ada"
            )
        )
        #expect(try await fixture.queued.optOuts.list(limit: 5).isEmpty)
    }

    @Test("a no outlives an erasure with its strength, and a merge after it")
    func strength() async throws {
        let fixture = try await QueueFixture()
        _ = try await Installation.secret(fixture.database)
        let people = People(fixture.database)
        let email = OptOut.Scope(channel: .email)
        _ = try await fixture.optOuts.add([Self.entry("a@example.com", email, source: OptOut.reply)], by: "ada")
        _ = try await people.erase("a@example.com", caps: 0, by: "eve")
        _ = try await fixture.optOuts.add([Self.entry("a@example.com", email, source: OptOut.review)], by: "ada")
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "a@example.com")])
        #expect(
            try await scopes(fixture, "a@example.com") == ["channel email (reply)"],
            "the weaker does not take its place"
        )
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "c@example.com")])
        _ = try await fixture.optOuts.add([Self.entry("d@example.com", source: OptOut.complaint)], by: "ada")
        _ = try await people.erase("d@example.com", caps: 0, by: "eve")
        _ = try await people.merge(["d@example.com", "c@example.com"], by: "ada")
        #expect(try await scopes(fixture, "c@example.com") == ["everything (complaint)"])
        let unknown = Statement("SELECT count(*) FROM addressee WHERE address_key = 'a@example.com'")
        #expect(try await fixture.database.read { try $0.first(unknown) { $0.integer(0) } } == 0)
    }

    @Test("a no of one address alone covers none of the person's others, until a wider one is said")
    func alone() async throws {
        let fixture = try await QueueFixture()
        let people = People(fixture.database)
        _ = try await people.merge(["a@example.com", "b@example.com"], by: "ada")
        var narrow = Self.entry("a@example.com")
        narrow.isAlone = true
        #expect(try await fixture.optOuts.add([narrow], by: "ada") == 1)
        _ = try await people.merge(["c@example.com", "a@example.com"], by: "ada")
        for key in ["b@example.com", "c@example.com"] { #expect(try await scopes(fixture, key) == [], "\(key)") }
        #expect(try await fixture.optOuts.add([Self.entry("a@example.com", source: "link")], by: "ada") == 3)
        for key in ["a", "b", "c"] {
            #expect(try await scopes(fixture, "\(key)@example.com") == ["everything (link)"], "\(key)")
        }
        #expect(try await fixture.optOuts.add([narrow], by: "ada") == 0, "it takes no wider no back")
        #expect(try await fixture.optOuts.covering("a@example.com").map(\.isAlone) == [false])
    }

    static let stops: [(PersonStop.Kind, String?, String, String)] = [
        (.cease, nil, "transactional", "RF-04"), (.attorney, nil, "commercial", "RF-03"),
        (.dispute, "example", "transactional", "RF-15"), (.dispute, "acme", "transactional", "none"),
        (.objection, nil, "commercial", "EU-02"), (.objection, nil, "transactional", "none"),
        (.objectionToAll, nil, "transactional", "EU-02"),
    ]

    @Test(
        "who must not be written to is not, at any address that is known to be theirs, until that has ended",
        arguments: stops
    )
    func stopped(kind: PersonStop.Kind, brand: String?, category: String, rule: String) async throws {
        let fixture = try await DispatcherFixture()
        let database = fixture.queued.database
        _ = try await People(database).merge(["a@example.com", "b@example.com"], by: "ada")
        #expect(
            try await PersonStops(database).put(
                kind,
                brand: brand,
                note: "letter of 3 May",
                of: "a@example.com",
                by: "ada"
            )
        )
        #expect(try await !PersonStops(database).put(kind, brand: brand, note: nil, of: "b@example.com", by: "ada"))
        let id = try await fixture.enqueue([QueueFixture.message(to: "b@example.com", category: category)])[0]
        try await fixture.drain(MemoryTransport())
        #expect(try await fixture.message(id)?.state == (rule == "none" ? .sent : .blocked))
        let evidence = try await Evidence(database).of(message: id)
        #expect(rule == "none" || evidence.contains { $0.body?.contains("\"rules\":\"\(rule)\"") ?? false })
        #expect(try await PersonStops(database).end(kind, brand: brand, of: "b@example.com", by: "ada"))
        let next = try await fixture.enqueue([QueueFixture.message(to: "a@example.com", category: category)])[0]
        try await fixture.drain(MemoryTransport())
        #expect(try await fixture.message(next)?.state == .sent)
        #expect(try await Evidence(database).verify().faults == [])
    }

    @Test("under a legal hold is neither erased nor forgotten")
    func held() async throws {
        let fixture = try await DispatcherFixture()
        let database = fixture.queued.database
        _ = try await fixture.enqueue(["ada@example.com", "eve@example.com"].map { QueueFixture.message(to: $0) })
        try await fixture.drain(MemoryTransport())
        try await LegalHolds(database).put("ada@example.com", reason: "court", by: "ada")
        _ = try await People(database).merge(["a2@example.com", "ada@example.com"], by: "ada")
        #expect(try await People(database).erase("a2@example.com", caps: 0, by: "eve") == nil)
        #expect(try await fixture.queue.prune(finishedBefore: .max, limit: 10) == 1)
        let evidence = Evidence(database)
        #expect(try await evidence.eraseOld(before: .max, after: 0, limit: 10) == 2)
        #expect(try await evidence.eraseOld(before: .max, after: 2, limit: 10) == nil)
        #expect(try await evidence.verify() == .init(rows: 3, erased: 1))
        #expect(try await LegalHolds(database).end("a2@example.com", by: "ada"))
        #expect(try await People(database).erase("ada@example.com", caps: 0, by: "eve")?.messages == 1)
    }

    @Test("that is erased leaves a trace for the rules that count, without words or address")
    func traces() async throws {
        var fixture = try await DispatcherFixture()
        _ = try await Installation.secret(fixture.queued.database)
        var brand = BrandSettings.sample
        brand.compliance = ComplianceSettings()
        brand.compliance?.frequency = [try JSONDecoding.decode(#"{"most": 1, "within": "24h"}"#)]
        fixture.policies = CompliancePolicies(all: CompliancePolicy(brand))
        let transport = MemoryTransport()
        _ = try await fixture.enqueue([QueueFixture.message(to: "ada@example.com")])
        try await fixture.drain(transport)
        let caps = fixture.policies.longestCap
        #expect(
            try await People(fixture.queued.database).erase("ada@example.com", caps: caps, by: "eve")?.messages == 1
        )
        _ = try await fixture.enqueue([QueueFixture.message(to: "ada@example.com")])
        try await fixture.drain(transport)
        #expect(transport.departures.count == 1, "the second within a day waits, though the first is erased")
        fixture.clock.now += 24 * 3_600_000
        try await fixture.drain(transport)
        #expect(transport.departures.count == 2)
    }

    @Test("is written to in their language, and by the clock of where they are")
    func described() async throws {
        let fixture = try await QueueFixture()
        let people = People(fixture.database)
        try await people.describe("+12025550123", PersonFacts(language: "de"), by: "ada")
        try await people.describe("+12025550123", PersonFacts(zones: ["Pacific/Honolulu"]), by: "ada")
        let record = try await people.show("+12025550123")
        #expect(record.facts.map(\.facts) == [PersonFacts(language: "de", zones: ["Pacific/Honolulu"])])
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
        #expect(try await fixture.claim(.sms).map(\.language) == ["de"])
        let facts = Gate.Facts(
            channel: .sms,
            brand: "example",
            category: "transactional",
            addressKey: "+12025550123",
            expires: nil
        )
        let known = try await fixture.database.read {
            try Contacts.complete(facts, QueueFixture.anyTime["example"], but: [], now: 0, $0)
        }
        #expect(known.zones == ["Pacific/Honolulu"])
        var told = facts
        told.zones = PhoneZones.candidates("+12025550123") + ["Europe/Paris"]
        let both = try await fixture.database.read { [told] in
            try Contacts.complete(told, QueueFixture.anyTime["example"], but: [], now: 0, $0)
        }
        #expect(both.zones == ["Pacific/Honolulu", "Europe/Paris"], "what the message says counts too")
        _ = try await people.merge(["+12025550123", "ada@example.com"], by: "ada")
        try await people.describe("+12025550123", PersonFacts(kind: .work, language: "fr"), by: "ada")
        let all = try await people.show("ada@example.com").facts
        #expect(all.map(\.facts.language) == ["fr", "fr"] && all.map(\.facts.kind) == [nil, .work])
    }
}
