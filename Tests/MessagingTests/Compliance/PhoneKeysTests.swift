import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Keys of phone numbers that an earlier version wrote")
struct PhoneKeysTests {
    @Test("become E.164, once, so that a no covers what it covered; what is no number is told of")
    func upgrade() async throws {
        let fixture = try await QueueFixture()
        let old = ["2025550123", "+4407400123456", "+12025550124", "7", "ada@example.com", "urn:li:person:1"]
        let entries = old.map { OptOuts.Entry(addressKey: $0, address: $0, source: "cli") }
        _ = try await fixture.optOuts.add(entries, by: "ada")
        let twice = OptOuts.Entry(addressKey: "+12025550123", address: "+12025550123", source: "link")
        _ = try await fixture.optOuts.add([twice], by: "ada")
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "2025550123", channel: .sms)])
        #expect(try await PhoneKeys.upgrade(fixture.database, region: "US") == ["7"])
        let keys = try await fixture.optOuts.list(limit: 100).map(\.addressKey)
        #expect(
            Set(keys)
                == [
                    "+12025550123", "+447400123456", "+12025550124", "7", "ada@example.com", "urn:li:person:1",
                ]
        )
        #expect(keys.count == 6)
        #expect(try await fixture.queue.message(1)?.addressKey == "+12025550123")
        #expect(try await PhoneKeys.upgrade(fixture.database, region: "US") == [])
        _ = try await fixture.queue.turn(
            .init(claims: [ClaimRequest(share: Share(channel: .sms, brand: "example"), limit: 1)]),
            node: 1
        )
        #expect(try await fixture.queue.message(1)?.state == .blocked)
    }
}
