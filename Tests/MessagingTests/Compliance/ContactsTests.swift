import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("What went to a person before")
struct ContactsTests {
    private static let now: Int64 = 1_800_000_000_000

    private static let sent = Statement("UPDATE message SET state = $2, started_at = $3 WHERE id = $1")

    /// The ids of messages that have gone, a second one after the other, the last of them a second ago.
    private func send(_ addresses: [String], _ fixture: QueueFixture, state: MessageState = .sent) async throws {
        let receipts = try await fixture.queue.enqueue(addresses.map { QueueFixture.message(to: $0) })
        let ids = receipts.compactMap { if case .accepted(let id) = $0 { id } else { nil } }
        try #require(ids.count == addresses.count)
        let rows: [[SQLValue]] = ids.enumerated().map { index, id in
            let at = ContactsTests.now - Int64(ids.count - index) * 1000
            return [.integer(id), .text(state.rawValue), .integer(at)]
        }
        _ = try await fixture.database.write(.process) { try $0.batch(ContactsTests.sent, rows) }
    }

    private func contacts(
        _ key: String,
        _ fixture: QueueFixture,
        byConversation: Bool
    ) async throws -> [Gate.Contact] {
        var cap: FrequencySettings = try JSONDecoding.decode(#"{"most": 1000, "within": "24h"}"#)
        cap.eachConversation = byConversation
        var brand = BrandSettings.sample
        brand.compliance = ComplianceSettings()
        brand.compliance?.frequency = [cap]
        let policy = CompliancePolicy(brand)
        let facts = Gate.Facts(
            channel: .email,
            brand: "example",
            category: "transactional",
            addressKey: key,
            expires: nil
        )
        return try await fixture.database.read {
            try Contacts.complete(facts, policy, but: [], now: ContactsTests.now, $0)
        }.history
    }

    @Test("counts over all their addresses, whatever else is known of them", arguments: [false, true])
    func counts(byConversation: Bool) async throws {
        let fixture = try await QueueFixture()
        let people = People(fixture.database)
        _ = try await people.merge(["a@example.com", "b@example.com", "never@example.com"], by: "ada")
        try await people.describe("a@example.com", PersonFacts(language: "de"), by: "ada")
        try await people.describe("alone@example.com", PersonFacts(language: "fr"), by: "ada")
        try await send(
            ["a@example.com", "b@example.com", "b@example.com", "alone@example.com", "unknown@example.com"],
            fixture
        )
        try await send(["a@example.com", "alone@example.com", "unknown@example.com"], fixture, state: .failed)
        let expected = [
            "a@example.com": 3, "b@example.com": 3, "never@example.com": 3, "alone@example.com": 1,
            "unknown@example.com": 1, "nobody@example.com": 0,
        ]
        for (key, count) in expected {
            #expect(try await contacts(key, fixture, byConversation: byConversation).count == count, "\(key)")
        }
    }

    @Test("counts the newest where there are more than any cap, of every address", arguments: [false, true])
    func newest(byConversation: Bool) async throws {
        let fixture = try await QueueFixture()
        let number = Contacts.most + 50
        try await send((0..<number).flatMap { _ in ["a@example.com", "b@example.com"] }, fixture)
        let one = try await contacts("a@example.com", fixture, byConversation: byConversation)
        #expect(one.count == Contacts.most && one.map(\.at).max() == ContactsTests.now - 2000)
        _ = try await People(fixture.database).merge(["a@example.com", "b@example.com"], by: "ada")
        let both = try await contacts("b@example.com", fixture, byConversation: byConversation)
        #expect(both.count == 2 * Contacts.most)
        // Of each, those that are left out are the oldest.
        #expect(both.map(\.at).min() == ContactsTests.now - Int64(2 * Contacts.most) * 1000)
        #expect(both.map(\.at).max() == ContactsTests.now - 1000)
    }
}
