import TestSupport
import Testing

@testable import Messaging

@Suite("Audit log")
struct AuditLogTests {
    @Test("every change of opt-outs, subscriptions and tokens says who made it; what changed nothing is not told")
    func who() async throws {
        let fixture = try await QueueFixture()
        let (optOuts, subscriptions) = (fixture.optOuts, Subscriptions(fixture.queue))
        let tokens = Tokens(fixture.database)
        let no = OptOuts.Entry(
            addressKey: "a@example.com",
            address: "A@example.com",
            source: "link",
            note: "by phone"
        )
        _ = try await optOuts.add([no], by: "token billing")
        _ = try await optOuts.add([no], by: "token other")
        _ = try await optOuts.remove(id: 1, by: "ada")
        _ = try await optOuts.remove(id: 1, by: "bob")
        _ = try await optOuts.remove(addressKey: "a@example.com", scope: .init(), by: "bob")
        let url = "https://example.com/hooks"
        let made = try await subscriptions.add(
            url: url,
            types: ["*"],
            description: nil,
            allowsPrivate: false,
            by: "ada"
        )
        try await subscriptions.disable(made.id, "the endpoint answered 410 Gone")
        try await subscriptions.disable(made.id, "again")
        _ = try await subscriptions.enable(made.id, by: "bob")
        _ = try await subscriptions.enable(made.id, by: "carol")
        _ = try await subscriptions.enable(99, by: "bob")
        _ = try await subscriptions.remove(made.id, by: "carol")
        _ = try await subscriptions.remove(made.id, by: "carol")
        _ = try await tokens.create(name: "t", hash: [1], scopes: [.read], isTest: true, rate: nil, by: "ada")
        _ = try await tokens.create(name: "t", hash: [2], scopes: [.read], isTest: true, rate: nil, by: "ada")
        _ = try await tokens.revoke("t", by: "bob")
        _ = try await tokens.revoke("t", by: "bob")
        let pauses = Pauses(fixture.queue)
        let order = Pause(.sms, lane: "twilio", reason: "spam", by: "ada")
        try await pauses.put(order)
        _ = try await pauses.resume(Pause(.sms, reason: "", by: ""), by: "bob")
        _ = try await pauses.resume(order, by: "bob")
        _ = try await Installation.rotateLinkSecret(fixture.database, by: "ada")
        let people = People(fixture.database)
        _ = try await people.merge(["x@example.com", "y@example.com"], by: "bob")
        try await people.describe("x@example.com", PersonFacts(kind: .work), by: "bob")
        try await LegalHolds(fixture.database).put("x@example.com", reason: "court", by: "bob")
        _ = try await LegalHolds(fixture.database).end("x@example.com", by: "bob")
        let stops = PersonStops(fixture.database)
        _ = try await stops.put(.cease, brand: nil, note: nil, of: "x@example.com", by: "bob")
        _ = try await stops.end(.cease, brand: nil, of: "x@example.com", by: "bob")
        try await Reputation(fixture.database)
            .enter(.init(brand: "acme", provider: "google", day: 20_000, spam: 0.001), by: "bob")
        _ = try await people.erase("x@example.com", caps: 0, by: "bob")
        let consent = Consent(
            addressKey: "z@example.com",
            address: "z@example.com",
            channel: .email,
            basis: "written",
            source: "form",
            at: 0
        )
        try await Consents(fixture.database).give(consent, by: "bob")
        _ = try await Consents(fixture.database).withdraw("z@example.com", .email, brand: nil, by: "bob")

        let log = try await AuditLog(fixture.database).list(limit: 100)
        let since = Timestamp.text(fixture.clock.now)
        #expect(
            log.reversed().map { "\($0.by): \($0.action.rawValue) \($0.subject), \($0.detail ?? "")" } == [
                "token billing: opt_out.added A@example.com, everything (link, by phone)",
                "ada: opt_out.removed A@example.com, everything (link, by phone, \(since))",
                "ada: subscription.added 1, * to \(url)",
                "dunlin: subscription.disabled 1, the endpoint answered 410 Gone",
                "bob: subscription.enabled 1, ",
                "carol: subscription.removed 1, to \(url)",
                "ada: token.created t, read, test",
                "bob: token.revoked t, ", "ada: lane.paused sms/twilio, spam", "bob: lane.resumed sms/twilio, ",
                "ada: opt_out.key_rotated key 1, ",
                "bob: person.merged x@example.com, x@example.com, y@example.com",
                "bob: person.described x@example.com, work", "bob: person.held x@example.com, court",
                "bob: person.freed x@example.com, ", "bob: person.stopped x@example.com, cease",
                "bob: person.stopped y@example.com, cease", "bob: person.stop_ended x@example.com, cease",
                "bob: person.stop_ended y@example.com, cease",
                "bob: figure.entered acme, google, 2024-10-04: 0.1% called spam",
                "bob: person.erased a person, 0 messages, the words of 0 rows of evidence",
                "bob: consent.given z@example.com, email, written (form)",
                "bob: consent.withdrawn z@example.com, email",
            ]
        )
        #expect(log.allSatisfy { $0.at == fixture.clock.now })
        #expect(Set(log.map(\.action)) == Set(AuditEntry.Action.allCases))
    }

    @Test("is read in pages, newest first")
    func pages() async throws {
        let fixture = try await QueueFixture()
        let entries = (0..<5).map {
            OptOuts.Entry(addressKey: "p\($0)@example.com", address: "p\($0)@example.com", source: "link")
        }
        _ = try await fixture.optOuts.add(entries, by: "ada")
        let log = AuditLog(fixture.database)
        #expect(try await log.list(limit: 2).map(\.id) == [5, 4])
        #expect(try await log.list(before: 4, limit: 9).map(\.id) == [3, 2, 1])
    }
}
