import Foundation
import TestSupport
import Testing

@testable import Messaging

@Suite("An opt-out link")
struct OptOutLinkTests {
    private static let link = OptOutLink(
        message: 42,
        channel: .email,
        addressKey: "ada@example.com",
        brand: "acme",
        category: "transactional",
        locale: "de-AT"
    )

    @Test("says of the message all that a no needs, and the same message always has the same one")
    func sealed() {
        let tokens = OptOutTokens(secrets: [0: "a secret"])
        let token = tokens.token(Self.link)
        #expect(tokens.open(token) == Self.link)
        #expect(tokens.token(Self.link) == token)
        #expect(token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        #expect(!token.contains("ada"))
        let long = OptOutLink(
            message: .max,
            channel: .letter,
            addressKey: String(repeating: "é", count: 500),
            brand: "a",
            category: "commercial",
            locale: "en"
        )
        #expect(tokens.open(tokens.token(long)) == long)
    }

    @Test("that differs by one bit, or is another installation's, opens nothing")
    func forged() throws {
        let tokens = OptOutTokens(secrets: [0: "a secret"])
        let token = tokens.token(Self.link)
        #expect(OptOutTokens(secrets: [0: "another"]).open(token) == nil)
        let padding = String(repeating: "=", count: (4 - token.utf8.count % 4) % 4)
        let bytes = try #require(
            Data(base64Encoded: token.replacing("-", with: "+").replacing("_", with: "/") + padding)
        )
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let forged = changed.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
            #expect(tokens.open(forged) == nil, "bit \(bit)")
        }
        var generator = SeededGenerator(seed: 7)
        for length in [0, 1, 2, 13, 28, 29, 100, 5000] {
            let noise = String((0..<length).map { _ in generator.pick(Array("abcXYZ019-_=+/%é")) })
            #expect(tokens.open(noise) == nil)
        }
    }

    @Test("of before a change of keys still opens; new ones are sealed with the new key")
    func rotated() async throws {
        let fixture = try await QueueFixture()
        let first = try await Installation.optOutTokens(fixture.database).token(Self.link)
        for expected in 1...3 {
            #expect(try await Installation.rotateLinkSecret(fixture.database, by: "test") == UInt8(expected))
        }
        let tokens = try await Installation.optOutTokens(fixture.database)
        #expect(tokens.open(first) == Self.link)
        #expect(tokens.token(Self.link) != first)
        #expect(try await fixture.optOuts.link(tokens.token(Self.link)) == Self.link)
    }

    @Test(
        "still says no when its message is long forgotten, by a clock that was moved",
        arguments: [30, 61, 1500] as [Int64]
    )
    func later(days: Int64) async throws {
        let fixture = try await DispatcherFixture()
        let database = fixture.queued.database
        let ids = try await fixture.enqueue(1)
        let tokens = try await Installation.optOutTokens(database)
        let token = tokens.token(
            OptOutLink(
                message: ids[0],
                channel: .email,
                addressKey: "person0@example.com",
                brand: "example",
                category: "transactional",
                locale: "en"
            )
        )
        try await fixture.drain(MemoryTransport())
        fixture.clock.now += days * 86_400_000
        #expect(try await fixture.queue.prune(finishedBefore: fixture.clock.now, limit: 10) == 1)
        _ = try await Installation.rotateLinkSecret(database, by: "ada")
        let link = try #require(try await OptOuts(database).link(token))
        let entry = OptOuts.Entry(
            addressKey: link.addressKey,
            address: link.addressKey,
            scope: .init(channel: link.channel, brand: link.brand),
            source: "one-click",
            message: link.message
        )
        #expect(try await OptOuts(database).add([entry], by: "the recipient") == 1)
        #expect(try await OptOuts(database).add([entry], by: "the recipient") == 0)
        let next = try await fixture.enqueue(1)
        try await fixture.drain(MemoryTransport())
        #expect(try await fixture.message(next[0])?.state == .blocked)
    }
}
