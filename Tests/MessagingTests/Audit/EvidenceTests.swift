import JSON
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The chain of evidence")
struct EvidenceTests {
    private static func entry(_ number: Int) -> Evidence.Entry {
        Evidence.Entry(
            kind: .attempt,
            message: Int64(number),
            addressKey: "person\(number % 3)@example.com",
            body: Array(#"{"to":"person\#(number % 3)@example.com","n":\#(number)}"#.utf8)
        )
    }

    /// A chain of ten rows, in turns of one to four.
    private func fixture() async throws -> QueueFixture {
        let fixture = try await QueueFixture()
        for turn in [[1], [2, 3], [4, 5, 6, 7], [8, 9, 10]] {
            try await fixture.database.write(.process) { try Evidence.append(turn.map(Self.entry), $0) }
            fixture.clock.now += 1000
        }
        return fixture
    }

    private func change(_ fixture: QueueFixture, _ sql: String...) async throws {
        try await fixture.database.write(.process) { transaction in
            for text in sql { _ = try transaction.execute(Statement("\(text)"), []) }
        }
    }

    private func faults(
        _ fixture: QueueFixture,
        known: (number: Int64, hash: String)? = nil
    ) async throws -> [String] {
        try await Evidence(fixture.database).verify(known: known).faults
    }

    @Test("that nobody touched is whole, and its words may be erased")
    func whole() async throws {
        let fixture = try await fixture()
        let evidence = Evidence(fixture.database)
        #expect(try await evidence.verify() == .init(rows: 10, erased: 0, faults: []))
        let head = try #require(try await evidence.head())
        #expect(head.number == 10)
        #expect(try await faults(fixture, known: (10, head.hashText)) == [])
        _ = try await fixture.database.write(.power) { try Evidence.erase("person2@example.com", $0) }
        #expect(try await evidence.verify() == .init(rows: 11, erased: 3, faults: []))
        var numbers: [Int64] = []
        try await evidence.of(addressKey: "person1@example.com") { numbers.append($0.number) }
        #expect(numbers == [1, 4, 7, 10])
        #expect(try await evidence.of(message: 3).map(\.number) == [3])
    }

    @Test("is the same whether its rows come one by one or many at once", arguments: [1, 7, 8, 9, 21])
    func many(count: Int) async throws {
        let (alone, together) = (try await QueueFixture(), try await QueueFixture())
        for number in 1...count {
            try await alone.database.write(.process) { try Evidence.append([Self.entry(number)], $0) }
        }
        try await together.database.write(.process) { try Evidence.append((1...count).map(Self.entry), $0) }
        let head = try await Evidence(together.database).head()
        #expect(head?.number == Int64(count))
        #expect(try await Evidence(alone.database).head()?.hashText == head?.hashText)
        #expect(try await Evidence(together.database).verify() == .init(rows: Int64(count), erased: 0, faults: []))
        #expect(
            try await Evidence(together.database).of(message: 1).map(\.body) == [#"{"to":"person1@example.com","n":1}"#]
        )
    }

    @Test("shows what was changed, taken out, exchanged or cut off, and where")
    func broken() async throws {
        for (sql, expected) in [
            (["UPDATE evidence SET body = '{}' WHERE number = 4"], ["row 4: its words were changed"]),
            (["DELETE FROM evidence WHERE number = 6"], ["row 6 is missing"]),
            (
                ["UPDATE evidence SET body = NULL WHERE number = 3"],
                ["row 3: its words were taken out, and no erasure is recorded"]
            ),
            (["UPDATE evidence SET address_key = 'x' WHERE number = 3"], ["row 3: whom it is about was changed"]),
            (
                [
                    "INSERT INTO evidence (chain, number, at, kind, digest, hash) VALUES (1, 1, 0, 'attempt', X'00', X'00')"
                ], ["1 rows stand outside of the chain"]
            ),
            (["DELETE FROM evidence WHERE number < 4"], ["rows 1 to 3 are missing"]),
            (["UPDATE evidence SET at = at + 1 WHERE number = 7"], ["row 7 does not follow from the one before it"]),
            (["UPDATE evidence SET message = 99 WHERE number = 1"], ["row 1 does not follow from the one before it"]),
            (
                ["UPDATE evidence SET kind = 'decision' WHERE number = 10"],
                ["row 10 does not follow from the one before it"]
            ),
            (
                [
                    "UPDATE evidence SET number = -1 WHERE number = 5",
                    "UPDATE evidence SET number = 5 WHERE number = 6",
                    "UPDATE evidence SET number = 6 WHERE number = -1",
                ],
                (5...7).map { "row \($0) does not follow from the one before it" }
            ),
        ] as [([String], [String])] {
            let fixture = try await fixture()
            for text in sql { try await change(fixture, text) }
            #expect(try await faults(fixture) == expected, "\(sql)")
        }
        let fixture = try await fixture()
        let head = try #require(try await Evidence(fixture.database).head())
        try await change(fixture, "DELETE FROM evidence WHERE number > 8")
        #expect(try await faults(fixture) == [], "the rest is whole")
        #expect(
            try await faults(fixture, known: (head.number, head.hashText))
                == ["row 10, a head that was kept, is missing: the end was cut off"]
        )
        // An end that was written anew.
        try await fixture.database.write(.process) { try Evidence.append([Self.entry(9), Self.entry(11)], $0) }
        #expect(
            try await faults(fixture, known: (head.number, head.hashText)) == ["row 10 is not the head that was kept"]
        )
    }

    @Test("tells of each attempt what went out, when, by which rules, and what came of it; of a no its words")
    func kept() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(2)
        let optOut = OptOuts.Entry(
            addressKey: "person1@example.com",
            address: "person1@example.com",
            source: "cli",
            note: "by phone"
        )
        _ = try await fixture.queued.optOuts.add([optOut], by: "ada")
        try await fixture.drain(MemoryTransport())
        let evidence = Evidence(fixture.queued.database)
        #expect(try await evidence.verify() == .init(rows: 3, erased: 0, faults: []))
        let sent = try JSONValue.parse(try #require(try await evidence.of(message: ids[0]).first?.body))
        #expect(sent["verdict"]?.string == "send" && sent["outcome"]?.string == "accepted")
        #expect(sent["content_sha256"]?.string?.count == 64 && sent["transport"]?.string == "memory")
        let blocked = try JSONValue.parse(try #require(try await evidence.of(message: ids[1]).first?.body))
        #expect(blocked["verdict"]?.string == "block" && blocked["rules"]?.string == "OPT-OUT")
        var kinds: [String] = []
        try await evidence.of(addressKey: "person1@example.com") { kinds.append($0.kind) }
        #expect(kinds == ["opt_out", "decision"])
    }
}
