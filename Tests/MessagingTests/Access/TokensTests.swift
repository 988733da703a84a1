import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Tokens")
struct TokensTests {
    @Test("are kept with their scopes and rate; a name is used once, even after it was revoked")
    func life() async throws {
        let fixture = try await QueueFixture()
        let tokens = Tokens(fixture.database)
        let hash = [UInt8](repeating: 7, count: 32)
        #expect(
            try await tokens.create(name: "a", hash: hash, scopes: [.read, .comply], isTest: false, rate: 5, by: "ada")
        )
        #expect(try await !tokens.create(name: "a", hash: [1], scopes: [.read], isTest: false, rate: nil, by: "ada"))
        #expect(try await !tokens.create(name: "b", hash: hash, scopes: [.read], isTest: false, rate: nil, by: "ada"))
        #expect(try await tokens.create(name: "t", hash: [2], scopes: [.enqueue], isTest: true, rate: nil, by: "ada"))
        let all = try await tokens.list()
        #expect(all.map(\.name) == ["a", "t"])
        #expect(all[0].scopes == [.read, .comply])
        #expect(all[0].rate == 5)
        #expect(all.map(\.isTest) == [false, true])
        #expect(try await tokens.revoke("a", by: "ada"))
        #expect(try await !tokens.revoke("a", by: "ada"))
        #expect(try await !tokens.create(name: "a", hash: [3], scopes: [.read], isTest: false, rate: nil, by: "ada"))
        try await tokens.noteUses([all[1].id: 1234])
        #expect(try await tokens.list().map(\.usedAt) == [nil, 1234])
        #expect(try await tokens.list()[0].revokedAt == fixture.clock.now)
    }
}
