import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("What mailbox providers count a bulk sender by")
struct ComplianceCountsTests {
    private static let day: Int64 = 86_400_000

    private func bulkSenders(_ counts: [(day: Int64, brand: String, subject: String, count: Int64)]) async throws
        -> [ComplianceCounts.BulkSender]
    {
        let fixture = try await QueueFixture()
        for count in counts {
            fixture.clock.now = count.day * Self.day + 5
            let key = ComplianceCounts.Key(brand: count.brand, kind: .sent, subject: count.subject)
            try await fixture.database.write(.process) { try ComplianceCounts.add([key: count.count], $0) }
        }
        fixture.clock.now += 1000 * Self.day
        return try await ComplianceCounts(fixture.database).bulkSenders()
    }

    @Test("is close to 5,000 in one day, over all brands, and for good")
    func counts() async throws {
        #expect(try await bulkSenders([]) == [])
        #expect(try await bulkSenders([(20_000, "acme", "google", 4_499)]) == [])
        #expect(
            try await bulkSenders([(20_000, "acme", "google", 4_500), (20_001, "acme", "google", 3_000)])
                == [.init(provider: "google", day: 20_000, count: 4_500)]
        )
        #expect(try await bulkSenders([(20_000, "acme", "google", 3_000), (20_001, "acme", "google", 3_000)]) == [])
        #expect(try await bulkSenders([(20_000, "acme", "microsoft", 5_000)]) == [])
        #expect(
            try await bulkSenders([(20_000, "acme", "microsoft", 5_001)])
                == [.init(provider: "microsoft", day: 20_000, count: 5_001)]
        )
        #expect(
            try await bulkSenders([
                (20_000, "acme", "microsoft", 3_000), (20_000, "zenith", "microsoft", 3_000),
                (20_000, "acme", "yahoo", 9_000), (20_000, "acme", "other", 9_000), (20_001, "acme", "google", 7_000),
                (20_002, "acme", "google", 8_000),
            ]) == [
                .init(provider: "google", day: 20_002, count: 8_000),
                .init(provider: "microsoft", day: 20_000, count: 6_000),
            ]
        )
    }
}
