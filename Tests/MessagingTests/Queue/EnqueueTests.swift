import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Storing messages")
struct EnqueueTests {
    private static func keyed(_ key: String?, _ document: String) -> NewMessage {
        var message = QueueFixture.message(key: key)
        message.document = Array(document.utf8)
        return message
    }

    @Test(
        "the same key with the same content is the same message, however it is written",
        arguments: [
            #"{"to": "a@example.com", "vars": {"a": 1, "b": [true, null, "x"]}}"#,
            #"{"vars":{"b":[true,null,"x"],"a":1},"to":"a@example.com"}"#,
            "{\"to\":\t\"a@example.com\",\n\"vars\": {\"a\": 1, \"b\": [true, null, \"\\u0078\"]}}",
        ]
    )
    func isDuplicate(document: String) async throws {
        let queue = try await QueueFixture().queue
        let first = EnqueueTests.keyed("k", #"{"to": "a@example.com", "vars": {"a": 1, "b": [true, null, "x"]}}"#)
        #expect(try await queue.enqueue([first]) == [.accepted(id: 1)])
        #expect(try await queue.enqueue([EnqueueTests.keyed("k", document)]) == [.duplicate(id: 1)])
        #expect(try await queue.status(now: 0).accepted == 1)
    }

    @Test(
        "the same key with other content is a conflict, and the first one stands",
        arguments: [
            #"{"to": "b@example.com"}"#, #"{"to": "a@example.com", "priority": 1}"#, "{}",
            #"{"to": ["a@example.com"]}"#,
        ]
    )
    func isConflict(document: String) async throws {
        let queue = try await QueueFixture().queue
        #expect(
            try await queue.enqueue([EnqueueTests.keyed("k", #"{"to": "a@example.com"}"#)]) == [.accepted(id: 1)]
        )
        #expect(try await queue.enqueue([EnqueueTests.keyed("k", document)]) == [.conflict(id: 1)])
        #expect(try await queue.message(1)?.document == Array(#"{"to": "a@example.com"}"#.utf8))
    }

    @Test("a batch is answered in order, its own duplicates and conflicts included")
    func answersBatch() async throws {
        let queue = try await QueueFixture().queue
        let receipts = try await queue.enqueue([
            EnqueueTests.keyed("a", #"{"n": 1}"#), EnqueueTests.keyed(nil, #"{"n": 1}"#),
            EnqueueTests.keyed("a", #"{"n": 1}"#), EnqueueTests.keyed("b", #"{"n": 1}"#),
            EnqueueTests.keyed("a", #"{"n": 2}"#), EnqueueTests.keyed(nil, #"{"n": 1}"#),
        ])
        let ids = receipts.compactMap { receipt in
            if case .accepted(let id) = receipt { id } else { nil }
        }
        try #require(ids.count == 4)
        #expect(ids == Set(ids).sorted())
        #expect(
            receipts == [
                .accepted(id: ids[0]), .accepted(id: ids[1]), .duplicate(id: ids[0]), .accepted(id: ids[2]),
                .conflict(id: ids[0]), .accepted(id: ids[3]),
            ]
        )
        #expect(try await queue.enqueue([]) == [])
        #expect(try await queue.status(now: 0).accepted == 4)
    }

    @Test("a key is free again when its message was forgotten")
    func freesKey() async throws {
        let fixture = try await QueueFixture()
        let message = QueueFixture.message(key: "k")
        #expect(try await fixture.queue.enqueue([message]) == [.accepted(id: 1)])
        #expect(try await fixture.queue.perform(.cancel, on: [1], by: "test") == [1])
        #expect(try await fixture.queue.enqueue([message]) == [.duplicate(id: 1)])
        fixture.clock.now += 1000
        #expect(try await fixture.queue.prune(finishedBefore: fixture.clock.now, limit: 10) == 1)
        let again = try await fixture.queue.enqueue([message])
        let id = try #require(try await fixture.queue.id(ofKey: "k"))
        #expect(id > 1)
        #expect(again == [.accepted(id: id)])
    }

    @Test("a message is kept as it was given, with all that its row says")
    func keepsMessage() async throws {
        let fixture = try await QueueFixture()
        let now = fixture.clock.now
        var given = QueueFixture.message(
            key: "INV-1/first",
            to: "ada@example.com",
            priority: 2,
            due: now + 5000,
            expires: now + 9000,
            category: "commercial"
        )
        given.customer = "C-42"
        given.template = "invoice-issued"
        _ = try await fixture.queue.enqueue([given])
        let stored = try #require(try await fixture.queue.message(1))
        #expect(stored.key == "INV-1/first")
        #expect(stored.customer == "C-42")
        #expect(stored.channel == .email)
        #expect(stored.state == .waiting)
        #expect(stored.priority == 2)
        #expect(stored.due == now + 5000)
        #expect(stored.expires == now + 9000)
        #expect(stored.fence == 0)
        #expect(stored.attempts == 0)
        #expect(stored.addressKey == "ada@example.com")
        #expect(stored.domain == "example.com")
        #expect(stored.brand == "example")
        #expect(stored.category == "commercial")
        #expect(stored.template == "invoice-issued")
        #expect(stored.acceptedAt == now)
        #expect(stored.startedAt == nil)
        #expect(stored.finishedAt == nil)
        #expect(stored.reason == nil)
        #expect(stored.document == given.document)
        #expect(try await fixture.queue.message(2) == nil)
    }

    @Test("a message without a due time is due now, and one due in the past keeps its place before it")
    func setsDue() async throws {
        let fixture = try await QueueFixture()
        let now = fixture.clock.now
        _ = try await fixture.queue.enqueue(
            [nil, now - 1000, -5].map { QueueFixture.message(due: $0) }
        )
        #expect(try await fixture.queue.message(1)?.due == now)
        #expect(try await fixture.queue.message(2)?.due == now - 1000)
        #expect(try await fixture.queue.message(3)?.due == 0)
        #expect(try await fixture.claim().map(\.id) == [3, 2, 1])
    }

    @Test("large messages are claimed within the bytes that there is room for; the rest waits, and loses nothing")
    func budgetsBytes() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue(
            (0..<5).map { index in
                QueueFixture.message(words: String(repeating: "x", count: index == 2 ? 10 : 100_000))
            }
        )
        func claim(_ budget: Int, isFirstFree: Bool) async throws -> [HandOff] {
            let request = ClaimRequest(
                share: Share(channel: .email, brand: "example"),
                limit: 10,
                byteBudget: budget,
                isFirstFree: isFirstFree
            )
            return try await fixture.queue.turn(.init(claims: [request]), node: 1).handOffs
        }
        #expect(try await claim(0, isFirstFree: false).map(\.id) == [3])
        #expect(try await claim(0, isFirstFree: true).map(\.id) == [1])
        let rest = try await claim(250_000, isFirstFree: false)
        #expect(rest.map(\.id) == [2])
        #expect(rest[0].document.count > 200_000)
        for id in [4, 5] as [Int64] {
            let message = try #require(try await fixture.queue.message(id))
            #expect(message.state == .waiting)
            #expect(message.attempts == 0)
        }
        #expect(try await claim(1 << 30, isFirstFree: false).map(\.id) == [4, 5])
    }
}
