import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The opt-out table")
struct OptOutsTests {
    private static func entry(_ key: String, _ scope: OptOut.Scope = .init(), note: String? = nil) -> OptOuts.Entry {
        .init(addressKey: key, address: key.uppercased(), scope: scope, source: "cli", note: note)
    }

    @Test("keeps who said no, to what, how and when")
    func keeps() async throws {
        let fixture = try await QueueFixture()
        let scope = OptOut.Scope(channel: .email, brand: "acme", category: "commercial")
        #expect(
            try await fixture.optOuts.add(
                [
                    OptOutsTests.entry("a@example.com", scope, note: "by phone"),
                    .init(addressKey: "b@example.com", address: "B", source: "import", at: 5),
                ],
                by: "ada"
            ) == 2
        )
        let all = try await fixture.optOuts.list(limit: 10)
        #expect(
            all == [
                OptOut(
                    id: 1,
                    addressKey: "a@example.com",
                    scope: scope,
                    address: "A@EXAMPLE.COM",
                    source: "cli",
                    note: "by phone",
                    at: fixture.clock.now
                ),
                OptOut(
                    id: 2,
                    addressKey: "b@example.com",
                    scope: .init(),
                    address: "B",
                    source: "import",
                    note: nil,
                    at: 5
                ),
            ]
        )
    }

    @Test("one that stands stays as it is, and only new ones are counted")
    func isIdempotent() async throws {
        let fixture = try await QueueFixture()
        let first = OptOutsTests.entry("a@example.com", note: "first")
        #expect(try await fixture.optOuts.add([first, first], by: "ada") == 1)
        fixture.clock.now += 1000
        #expect(
            try await fixture.optOuts.add(
                [
                    OptOutsTests.entry("a@example.com", note: "second"), OptOutsTests.entry("c@example.com"),
                ],
                by: "ada"
            ) == 1
        )
        #expect(try await fixture.optOuts.list(limit: 10).map(\.note) == ["first", nil])
    }

    @Test("scopes of one address stand beside each other and are removed one by one")
    func removesScope() async throws {
        let optOuts = try await QueueFixture().optOuts
        let scopes = [OptOut.Scope(), .init(channel: .sms), .init(brand: "acme"), .init(category: "commercial")]
        #expect(try await optOuts.add(scopes.map { OptOutsTests.entry("a@example.com", $0) }, by: "ada") == 4)
        #expect(try await optOuts.covering("a@example.com").map(\.scope) == scopes)
        #expect(try await optOuts.covering("A@example.com") == [])
        #expect(try await optOuts.remove(addressKey: "a@example.com", scope: .init(channel: .sms), by: "ada"))
        #expect(try await !optOuts.remove(addressKey: "a@example.com", scope: .init(channel: .sms), by: "ada"))
        #expect(try await !optOuts.remove(addressKey: "b@example.com", scope: .init(), by: "ada"))
        #expect(try await optOuts.covering("a@example.com").map(\.scope) == [scopes[0], scopes[2], scopes[3]])
    }

    @Test("is read in pages, oldest first")
    func pages() async throws {
        let optOuts = try await QueueFixture().optOuts
        _ = try await optOuts.add((0..<7).map { OptOutsTests.entry("p\($0)@example.com") }, by: "ada")
        #expect(try await optOuts.list(limit: 3).map(\.id) == [1, 2, 3])
        #expect(try await optOuts.list(after: 3, limit: 3).map(\.id) == [4, 5, 6])
        #expect(try await optOuts.list(after: 6, limit: 3).map(\.id) == [7])
    }

    @Test("an address that its server says does not exist is not written to again on that channel")
    func learnsFromBounce() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue([
            QueueFixture.message(to: "gone@example.com"), QueueFixture.message(to: "gone@example.com"),
            QueueFixture.message(to: "gone@example.com", channel: .sms),
        ])
        let first = try await fixture.claim(limit: 1)
        try await fixture.settle(first[0], .rejected(.recipient, "550 5.1.1 no such user"))
        let optOut = try #require(try await fixture.optOuts.covering("gone@example.com").first)
        #expect(optOut.scope == .init(channel: .email))
        #expect(optOut.source == "bounce")
        #expect(optOut.note == "550 5.1.1 no such user")
        #expect(try await fixture.claim().map(\.id) == [])
        #expect(try await fixture.queue.message(2)?.state == .blocked)
        #expect(try await fixture.claim(.sms).map(\.id) == [3])
    }

    @Test("a refusal for another reason is held against no address", arguments: [Outcome.Reason.permanent, .policy])
    func spares(_ reason: Outcome.Reason) async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue([QueueFixture.message()])
        try await fixture.settle(try await fixture.claim()[0], .rejected(reason, "554 no"))
        #expect(try await fixture.optOuts.list(limit: 1) == [])
    }
}
