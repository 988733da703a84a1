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
        let done = try await people.erase("ada@example.com", by: "ada")
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
}
