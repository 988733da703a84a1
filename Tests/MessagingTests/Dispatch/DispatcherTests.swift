import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The dispatcher", .timeLimit(.minutes(1)))
struct DispatcherTests {
    private static let accepted = DeliveryReport.Result.outcome(.accepted("250 ok"))

    @Test("sends by priority, then by due time, then in the order of arrival")
    func sendsInOrder() async throws {
        let fixture = try await DispatcherFixture()
        let now = fixture.clock.now
        let given: [(priority: Int, due: Int64)] = [
            (9, now - 5000), (5, now - 10), (0, now), (5, now - 20), (5, now - 10), (0, now - 1), (3, now + 1),
        ]
        let ids = try await fixture.enqueue(
            given.map { QueueFixture.message(priority: $0.priority, due: $0.due) }
        )
        let transport = MemoryTransport(parallelism: 1)
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [5, 2, 3, 1, 4, 0].map { ids[$0] })
        #expect(try await fixture.states() == [.sent: 6, .waiting: 1])
        fixture.clock.now += 1
        try await fixture.drain(transport)
        #expect(transport.departures.last?.id == ids[6])
    }

    @Test("sends everything once, however much there is", arguments: [1, 4, 64])
    func sendsOnce(parallelism: Int) async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(500)
        let transport = MemoryTransport(parallelism: parallelism)
        let summary = try await fixture.drain(transport)
        #expect(transport.departures.map(\.id).sorted() == ids)
        #expect(summary.attempts == ["accepted": 500])
        #expect(try await fixture.states() == [.sent: 500])
        let story = try await fixture.queue.events(of: ids[0])
        #expect(story.map(\.kind) == [.sent])
        #expect(story.map(\.transport) == ["memory"])
        #expect(story.map(\.detail) == ["250 ok"])
    }

    @Test("tries again when it is time, and not before")
    func retries() async throws {
        let fixture = try await DispatcherFixture()
        let id = try await fixture.enqueue(1)[0]
        let transport = MemoryTransport { _, times in
            times < 2 ? .report(.outcome(.retry(.temporary, "451 later")), .working) : .report(Self.accepted, .working)
        }
        for attempt in 1...2 {
            let start = fixture.clock.now
            try await fixture.drain(transport)
            let message = try #require(try await fixture.message(id))
            #expect(message.state == .waiting)
            #expect(message.attempts == attempt)
            #expect(message.reason == "temporary")
            let wait = message.due - start
            #expect((30_000 * attempt...60_000 * attempt).contains(Int(wait)))
            fixture.clock.now = message.due - 1
            try await fixture.drain(transport)
            #expect(transport.departures.count == attempt)
            fixture.clock.now = message.due
        }
        try await fixture.drain(transport)
        #expect(try await fixture.states() == [.sent: 1])
        #expect(try await fixture.events(id) == [.retry, .retry, .sent])
        #expect(transport.departures.map(\.fence) == [1, 2, 3])
    }

    @Test("waits as long as the other side asks")
    func honoursWait() async throws {
        let fixture = try await DispatcherFixture()
        let id = try await fixture.enqueue(1)[0]
        let start = fixture.clock.now
        try await fixture.drain(
            MemoryTransport { _, _ in .report(.outcome(.retry(.temporary, "421 busy", after: 900_000)), .working) }
        )
        #expect(try await fixture.message(id)?.due == start + 900_000)
    }

    @Test("gives up when the time for retries is used up")
    func givesUp() async throws {
        var fixture = try await DispatcherFixture()
        fixture.retry.giveUp = TimeSpan(milliseconds: 600_000)
        let id = try await fixture.enqueue(1)[0]
        let start = fixture.clock.now
        let transport = MemoryTransport { _, _ in .report(.outcome(.retry(.temporary, "451 later")), .working) }
        while let message = try await fixture.message(id), message.state == .waiting {
            fixture.clock.now = max(fixture.clock.now, message.due)
            try #require(fixture.clock.now <= start + 600_000)
            try await fixture.drain(transport)
        }
        let message = try #require(try await fixture.message(id))
        #expect(message.state == .failed)
        #expect(message.reason == "gave_up")
        #expect(try await fixture.events(id).last == .gaveUp)
        #expect(transport.departures.count == message.attempts)
        #expect(message.attempts >= 3)
    }

    @Test("sends nothing that has expired, though it was due before")
    func expires() async throws {
        let fixture = try await DispatcherFixture()
        let now = fixture.clock.now
        let ids = try await fixture.enqueue(
            [now + 1000, now + 5000, nil].map { QueueFixture.message(due: now, expires: $0) }
        )
        fixture.clock.now += 1000
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1], ids[2]])
        #expect(try await fixture.message(ids[0])?.state == .expired)
        #expect(try await fixture.message(ids[0])?.reason == "expired before it could be sent")
        #expect(try await fixture.events(ids[0]) == [.expired])
    }

    @Test("ends at once what would expire before its next attempt")
    func expiresBeforeRetry() async throws {
        let fixture = try await DispatcherFixture()
        let id = try await fixture.enqueue([QueueFixture.message(expires: fixture.clock.now + 20_000)])[0]
        try await fixture.drain(
            MemoryTransport { _, _ in .report(.outcome(.retry(.temporary, "451 later")), .working) }
        )
        #expect(try await fixture.message(id)?.state == .expired)
        #expect(try await fixture.events(id) == [.retry, .expired])
    }

    @Test("sends nothing against an opt-out, and says whose it was")
    func blocks() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(2)
        _ = try await fixture.queued.optOuts.add(
            [
                .init(addressKey: "person0@example.com", address: "Person0@example.com", source: "cli")
            ],
            by: "ada"
        )
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
        #expect(try await fixture.message(ids[0])?.state == .blocked)
        #expect(try await fixture.message(ids[0])?.reason == "opted out of everything (cli)")
    }

    @Test("asks the gate again for what did not start in time, and loses no attempt by it")
    func asksAgain() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(20)
        let transport = MemoryTransport { _, times in
            times < 3 ? .report(.stale) : .report(Self.accepted, .working)
        }
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id).sorted() == ids)
        for id in ids {
            let message = try #require(try await fixture.message(id))
            #expect(message.state == .sent)
            #expect(message.attempts == 1)
            #expect(message.fence == 1)
        }
    }

    @Test("an opt-out that comes while a message waits in its lane stops it")
    func stopsStale() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(4)
        let transport = MemoryTransport { _, times in times == 0 ? .queue : .report(Self.accepted, .working) }
        try await fixture.whileWorking(try fixture.dispatcher([transport], untilEmpty: false)) {
            await transport.wait { $0.queued == 4 }
            _ = try await fixture.queued.optOuts.add(
                [
                    .init(addressKey: "person1@example.com", address: "person1@example.com", source: "link")
                ],
                by: "ada"
            )
            transport.release(.stale)
            await transport.wait { $0.departed.count == 3 }
        }
        #expect(transport.departures.map(\.id).sorted() == [ids[0], ids[2], ids[3]])
        #expect(try await fixture.states() == [.sent: 3, .blocked: 1])
    }

    @Test("a lane that is at fault itself stops, and its messages wait with no attempt used")
    func stopsLane() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(40)
        let transport = MemoryTransport { _, _ in
            .report(.outcome(.putBack), .ourFault("535 5.7.8 bad credentials"))
        }
        let summary = try await fixture.drain(transport)
        #expect(summary.stoppedLanes == ["email: memory": "535 5.7.8 bad credentials"])
        #expect(summary.attempts == [:])
        #expect(transport.departures == [])
        #expect(try await fixture.states() == [.waiting: 40])
        for id in ids {
            #expect(try await fixture.message(id)?.attempts == 0)
            #expect(try await fixture.events(id) == [])
        }
    }

    @Test("the next transport takes over from one that is stopped")
    func takesOver() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(40)
        let first = MemoryTransport("first") { _, _ in .report(.outcome(.putBack), .ourFault("535 no")) }
        let second = MemoryTransport("second")
        let summary = try await fixture.drain(first, second)
        #expect(second.departures.map(\.id).sorted() == ids)
        #expect(summary.stoppedLanes == ["email: first": "535 no"])
        #expect(try await fixture.states() == [.sent: 40])
    }

    @Test("with weights each transport gets its part, and all while the others are stopped")
    func divides() async throws {
        var fixture = try await DispatcherFixture()
        fixture.parts = ["first": 3, "second": 1, "spare": 0]
        let ids = try await fixture.enqueue(400)
        let transports = ["first", "second", "spare"].map { MemoryTransport($0, parallelism: 500) }
        try await fixture.drain(transports[0], transports[1], transports[2])
        #expect(transports.map(\.departures.count) == [300, 100, 0])
        _ = try await fixture.enqueue(40)
        let stopped = ["first", "second"].map { name in
            MemoryTransport(name) { _, _ in .report(.outcome(.putBack), .ourFault("535 no")) }
        }
        try await fixture.drain(stopped[0], stopped[1], transports[2])
        #expect(transports[2].departures.count == 40)
        #expect(ids.count == 400)
    }

    @Test("a message of which nobody knows whether it arrived is given to no other transport")
    func doubtStays() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(3)
        let isDown = Toggle(true)
        let first = MemoryTransport("first") { delivery, times in
            guard isDown.isOn else { return .report(Self.accepted, .working) }
            return times == 0 && delivery.handOff.id == ids[0]
                ? .report(.outcome(.uncertain(.connection, "lost")), .connectFailed("lost"))
                : .report(.outcome(.putBack), .ourFault("535 no"))
        }
        let second = MemoryTransport("second")
        try await fixture.drain(first, second)
        fixture.clock.now += 3_600_000
        try await fixture.drain(first, second)
        #expect(second.departures.map(\.id).sorted() == [ids[1], ids[2]])
        #expect(try await fixture.states() == [.sent: 2, .waiting: 1])
        #expect(try await fixture.message(ids[0])?.keptBy == "lane:=first")
        isDown.isOn = false
        try await fixture.drain(first, second)
        #expect(first.departures.map(\.id) == [ids[0], ids[0]])
        #expect(try await fixture.states() == [.sent: 3])
    }

    @Test("connection failures in a row stop the lane; then it is tried again by itself")
    func triesAgain() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(10)
        let isDown = Toggle(true)
        let transport = MemoryTransport(parallelism: 1) { _, _ in
            isDown.isOn
                ? .report(.outcome(.putBack), .connectFailed("refused")) : .report(Self.accepted, .working)
        }
        let summary = try await fixture.drain(transport)
        #expect(summary.stoppedLanes == ["email: memory": "refused"])
        #expect(try await fixture.states() == [.waiting: 10])
        isDown.isOn = false
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == ids)
    }

    @Test("what a dead worker was sending goes again at once, its attempt counted as uncertain")
    func takesBack() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(3)
        let lost = try await fixture.queued.claim(limit: 2, node: 77)
        #expect(lost.map(\.id) == [ids[0], ids[1]])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id).sorted() == ids)
        #expect(try await fixture.events(ids[0]) == [.uncertain, .sent])
        #expect(try await fixture.message(ids[0])?.attempts == 2)
        try await fixture.queued.settle(lost[0], .accepted("250 late"))
        #expect(try await fixture.events(ids[0]) == [.uncertain, .sent, .late])
        #expect(try await fixture.message(ids[0])?.state == .sent)
    }

    @Test("where the channel says hold, a person decides on what a dead worker was sending")
    func holds() async throws {
        var fixture = try await DispatcherFixture()
        fixture.uncertain = .hold
        let ids = try await fixture.enqueue(2)
        _ = try await fixture.queued.claim(limit: 1, node: 77)
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
        #expect(try await fixture.message(ids[0])?.state == .held)
        #expect(try await fixture.events(ids[0]) == [.uncertain, .held])
        #expect(try await fixture.queue.perform(.approve, on: ids, by: "test") == [ids[0]])
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1], ids[0]])
    }

    @Test("what cannot be rendered any more is held with the reason, and the others go")
    func holdsUnrendered() async throws {
        let fixture = try await DispatcherFixture()
        var broken = QueueFixture.message(to: "broken@example.com")
        broken.document = Array(#"{"channel": "email", "to": "broken@example.com", "template": "gone"}"#.utf8)
        let ids = try await fixture.enqueue([broken, QueueFixture.message()])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
        let message = try #require(try await fixture.message(ids[0]))
        #expect(message.state == .held)
        #expect(message.attempts == 0)
        #expect(message.reason == "render")
    }

    @Test(
        "a clock that jumps loses nothing and repeats nothing",
        arguments: [[-3_600_000], [86_400_000], [-3_600_000, 86_400_000], [86_400_000, -86_400_000, 3_600_000]]
            as [[Int64]]
    )
    func survivesClock(jumps: [Int64]) async throws {
        let fixture = try await DispatcherFixture()
        let now = fixture.clock.now
        let ids = try await fixture.enqueue(
            (0..<30).map { QueueFixture.message(to: "p\($0)@example.com", due: now + Int64($0 % 3) * 60_000) }
        )
        let transport = MemoryTransport { delivery, times in
            delivery.handOff.id % 2 == 0 && times == 0
                ? .report(.outcome(.retry(.temporary, "451 later")), .working) : .report(Self.accepted, .working)
        }
        try await fixture.drain(transport)
        for jump in jumps {
            fixture.clock.now += jump
            try await fixture.drain(transport)
        }
        fixture.clock.now = max(fixture.clock.now, now)
        for _ in 1...2 {
            fixture.clock.now += 86_400_000
            try await fixture.drain(transport)
        }
        #expect(try await fixture.states() == [.sent: 30])
        for id in ids {
            #expect(transport.departures.filter { $0.id == id }.count == (id % 2 == 0 ? 2 : 1), "\(id)")
        }
    }

    @Test("work that another process stores while it runs is noticed and sent")
    func noticesWork() async throws {
        let fixture = try await DispatcherFixture()
        let other = try SQLiteDatabase(
            path: "\(fixture.queued.folder.path)/dunlin.sqlite",
            clock: fixture.clock.wall
        )
        let transport = MemoryTransport()
        try await fixture.whileWorking(try fixture.dispatcher([transport], untilEmpty: false)) {
            for round in 1...3 {
                _ = try await Queue(other, reservedBytes: 0).enqueue([QueueFixture.message(), QueueFixture.message()])
                await transport.wait { $0.departed.count == 2 * round }
            }
        }
        #expect(try await fixture.states() == [.sent: 6])
        try other.close()
    }

    @Test("a stop puts back what has not begun, finishes what is on the wire, and writes every outcome")
    func stopsCleanly() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(6)
        let transport = MemoryTransport { delivery, _ in delivery.handOff.id % 2 == 0 ? .queue : .wire }
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false)
        let summary = try await fixture.whileWorking(dispatcher) {
            await transport.wait { $0.queued == 3 && $0.wire == 3 }
            Task {
                await transport.wait { $0.queued == 0 }
                transport.release(Self.accepted, .working)
            }
        }
        #expect(summary.unsettled == 0)
        #expect(try await fixture.states() == [.sent: 3, .waiting: 3])
        for id in ids {
            let message = try #require(try await fixture.message(id))
            #expect(message.state == (id % 2 == 0 ? .waiting : .sent))
            #expect(message.attempts == (id % 2 == 0 ? 0 : 1))
            #expect(try await fixture.events(id) == (id % 2 == 0 ? [] : [.sent]))
        }
        #expect(transport.departures.map(\.id).sorted() == ids.filter { $0 % 2 != 0 })
    }

    @Test("when the time to stop is over, what is on the wire is cut and called uncertain")
    func cutsWire() async throws {
        var fixture = try await DispatcherFixture()
        fixture.stopWithin = TimeSpan(milliseconds: 20)
        let id = try await fixture.enqueue(1)[0]
        let transport = MemoryTransport { _, _ in .wire }
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false)
        let summary = try await fixture.whileWorking(dispatcher) { await transport.wait { $0.wire == 1 } }
        #expect(summary.unsettled == 0)
        #expect(summary.attempts == ["uncertain": 1])
        #expect(try await fixture.message(id)?.state == .waiting)
        #expect(try await fixture.events(id) == [.uncertain])
    }
}
