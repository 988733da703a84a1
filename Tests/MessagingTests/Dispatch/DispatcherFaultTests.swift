import Storage
import Synchronization
import TestSupport
import Testing

@testable import Messaging

@Suite("The dispatcher on a database that fails", .timeLimit(.minutes(2)))
struct DispatcherFaultTests {
    private static let accepted = DeliveryReport.Result.outcome(.accepted("250 ok"))

    /// Messages as a sender would store them who asks again until he has an answer.
    private func enqueue(_ messages: [NewMessage], into queue: Queue) async throws -> [Int64] {
        while true {
            do {
                return try await queue.enqueue(messages).map { receipt in
                    switch receipt {
                    case .accepted(let id), .duplicate(let id): id
                    case .conflict, .refused: 0
                    }
                }
            } catch is StorageError {}
        }
    }

    /// A worker as its supervisor runs it: started again when it could not start.
    private func supervise(_ fixture: DispatcherFixture, _ transport: MemoryTransport, _ database: FaultyDatabase)
        async throws
    {
        for _ in 0..<200 {
            do {
                try await fixture.drain(transport, database: database)
                return
            } catch is StorageError {}
        }
        Issue.record("the worker could not be started two hundred times")
    }

    /// One of each: an ordinary message, one that is tried again, one that is refused, one that is unwanted, and one whose
    /// reply never came.
    private func tour(_ fixture: DispatcherFixture, _ database: FaultyDatabase) async throws -> (
        MemoryTransport, [Int64]
    ) {
        let queue = Queue(database, reservedBytes: 0)
        let ids = try await enqueue(
            ["plain", "retry", "refused", "unwanted", "uncertain", "stale"].map { (name: String) in
                QueueFixture.message(key: name, to: "\(name)@example.com")
            },
            into: queue
        )
        _ = try await fixture.queued.optOuts.add(
            [
                .init(addressKey: "unwanted@example.com", address: "unwanted@example.com", source: "cli")
            ],
            by: "ada"
        )
        let transport = MemoryTransport(parallelism: 1) { delivery, times in
            guard case .email(let email) = delivery.payload else { return .report(Self.accepted) }
            switch (email.recipient.split(separator: "@").first, times) {
            case ("retry", 0): return .report(.outcome(.retry(.temporary, "451 later")), .working)
            case ("refused", _): return .report(.outcome(.rejected(.permanent, "554 no")), .working)
            case ("uncertain", 0): return .report(.outcome(.uncertain(.connection, "lost")))
            case ("stale", 0): return .report(.stale)
            default: return .report(Self.accepted, .working)
            }
        }
        for _ in 0..<4 {
            try await supervise(fixture, transport, database)
            fixture.clock.now += 3_600_000
        }
        return (transport, ids)
    }

    private func check(
        _ fixture: DispatcherFixture,
        _ transport: MemoryTransport,
        _ ids: [Int64],
        _ comment: Comment
    ) async throws {
        #expect(Set(ids).count == 6, comment)
        #expect(try await fixture.states() == [.sent: 4, .failed: 1, .blocked: 1], comment)
        #expect(try await fixture.queue.status(now: fixture.clock.now).sumHolds, comment)
        let counts = Dictionary(grouping: transport.departures, by: \.recipient).mapValues(\.count)
        let expected = ["plain": 1, "retry": 2, "refused": 1, "uncertain": 2, "stale": 1]
        for (name, count) in expected {
            let found = counts["\(name)@example.com"] ?? 0
            #expect(found == count, "\(name), \(comment)")
        }
        #expect(counts["unwanted@example.com"] == nil, comment)
    }

    @Test(
        "one failing write, at any place, loses nothing and sends nothing twice",
        arguments: FaultyDatabase.Fault.allCases
    )
    func survivesOne(fault: FaultyDatabase.Fault) async throws {
        let whole = try await DispatcherFixture()
        let counting = FaultyDatabase(whole.queued.database)
        let (transport, ids) = try await tour(whole, counting)
        try await check(whole, transport, ids, "without a fault")
        for place in 1...min(counting.writes, 16 * TestSize.factor) {
            let fixture = try await DispatcherFixture()
            let database = FaultyDatabase(fixture.queued.database) { $0 == place ? fault : nil }
            let (transport, ids) = try await tour(fixture, database)
            try await check(fixture, transport, ids, "write \(place) fails \(fault)")
            try fixture.queued.database.close()
        }
    }

    @Test("whatever fails for a while, afterwards every message comes to its end", arguments: TestSize.seeds(6))
    func survivesMany(seed: UInt64) async throws {
        let fixture = try await DispatcherFixture()
        let generator = Mutex(SeededGenerator(seed: seed))
        let database = FaultyDatabase(fixture.queued.database) { _ in
            generator.withLock { $0.chance(1, of: 6) ? $0.pick(FaultyDatabase.Fault.allCases) : nil }
        }
        let isCalm = Toggle(false)
        let transport = MemoryTransport(parallelism: 3) { _, _ in
            guard !isCalm.isOn else { return .report(Self.accepted, .working) }
            switch generator.withLock({ Int.random(in: 0..<8, using: &$0) }) {
            case 0: return .report(.outcome(.retry(.temporary, "451 later")), .working)
            case 1: return .report(.outcome(.uncertain(.connection, "lost")))
            case 2: return .report(.outcome(.putBack), .connectFailed("refused"))
            case 3: return .report(.stale)
            default: return .report(Self.accepted, .working)
            }
        }
        let queue = Queue(database, reservedBytes: 0)
        let ids = try await enqueue(
            (0..<60).map { QueueFixture.message(key: "\($0)", to: "p\($0 % 20)@example.com") },
            into: queue
        )
        #expect(Set(ids).count == 60)
        for _ in 0..<3 {
            try await supervise(fixture, transport, database)
            fixture.clock.now += 120_000
        }
        _ = try await fixture.queued.optOuts.add(
            (0..<10).map { .init(addressKey: "p\($0)@example.com", address: "", source: "link") },
            by: "ada"
        )
        let departed = transport.departures.count
        try await supervise(fixture, transport, database)
        database.mend()
        isCalm.isOn = true
        for _ in 0..<4 {
            fixture.clock.now += 14_400_000
            let held = try await fixture.queue.ids(DispatcherFaultTests.held, limit: 100)
            _ = try await fixture.queue.perform(.approve, on: held, by: "test")
            try await supervise(fixture, transport, database)
        }
        let states = try await fixture.states()
        #expect(states.keys.allSatisfy { $0 == .sent || $0 == .blocked }, "seed \(seed): \(states)")
        #expect(try await fixture.queue.status(now: fixture.clock.now).sumHolds, "seed \(seed)")
        let unwanted = Set((0..<10).map { "p\($0)@example.com" })
        let late = transport.departures.dropFirst(departed).filter { unwanted.contains($0.recipient) }
        #expect(late == [], "seed \(seed)")
        let departures = Set(transport.departures.map(\.id))
        for id in ids {
            let message = try #require(try await fixture.message(id))
            #expect(message.state == .blocked || departures.contains(id), "seed \(seed): \(id)")
        }
        try fixture.queued.database.close()
    }

    private static var held: MessageFilter {
        var filter = MessageFilter()
        filter.state = .held
        return filter
    }

    @Test("a worker takes up again what it claimed without hearing of it", arguments: 1...6)
    func takesUpLost(place: Int) async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(12)
        let startup = 1 + Channel.dispatched.count
        let database = FaultyDatabase(fixture.queued.database) { $0 == startup + place ? .after : nil }
        let transport = MemoryTransport(parallelism: 1)
        let dispatcher = try fixture.dispatcher([transport], database: database)
        try await dispatcher.run()
        #expect(database.writes > startup + place)
        #expect(transport.departures.map(\.id).sorted() == ids)
        #expect(try await fixture.states() == [.sent: 12])
        for id in ids { #expect(try await fixture.message(id)?.attempts == 1) }
    }

    @Test("nothing is claimed while the disk has no room to spare, and it goes on by itself")
    func waitsForRoom() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(5)
        let database = FaultyDatabase(fixture.queued.database)
        database.pretendFree(1 << 20)
        let transport = MemoryTransport()
        let turns = TurnCounter()
        let dispatcher = try fixture.dispatcher(
            [transport],
            database: database,
            reservedBytes: 32 << 20,
            untilEmpty: false,
            onTurn: turns.count
        )
        try await fixture.whileWorking(dispatcher) {
            await turns.wait(for: 4)
            let states = try await fixture.states()
            #expect(states == [.waiting: 5])
            for id in ids {
                let fence = try await fixture.message(id)?.fence
                #expect(fence == 0)
            }
            database.pretendFree(nil)
            await transport.wait { $0.departed.count == 5 }
        }
        #expect(try await fixture.states() == [.sent: 5])
    }

    @Test("a queue without room to spare accepts nothing and says what to do")
    func acceptsNothing() async throws {
        let fixture = try await DispatcherFixture()
        let database = FaultyDatabase(fixture.queued.database)
        let queue = Queue(database, reservedBytes: 32 << 20)
        database.pretendFree(5 << 20)
        await #expect(
            throws: StorageError(
                .diskFull,
                "only 5 MiB are free where the database is kept (32 MiB are reserved for outcomes): make room; work goes "
                    + "on by itself"
            )
        ) {
            _ = try await queue.enqueue([QueueFixture.message()])
        }
        database.pretendFree(nil)
        #expect(try await queue.enqueue([QueueFixture.message()]) == [.accepted(id: 1)])
    }

    @Test("outcomes that find the disk full are kept, and written when there is room: nothing goes twice")
    func keepsOutcomes() async throws {
        let fixture = try await DispatcherFixture()
        let ids = try await fixture.enqueue(40)
        let transport = MemoryTransport(parallelism: 40) { _, _ in .wire }
        let turns = TurnCounter()
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false, onTurn: turns.count)
        let database = fixture.queued.database
        try await fixture.whileWorking(dispatcher) {
            await transport.wait { $0.wire == 40 }
            try await fill(database)
            transport.release(.outcome(.accepted(String(repeating: "ok ", count: 500))), .working)
            await turns.wait(for: 4)
            let states = try await fixture.states()
            #expect(states == [.sending: 40])
            try database.limitPages(to: nil)
        }
        #expect(transport.departures.map(\.id).sorted() == ids)
        #expect(try await fixture.states() == [.sent: 40])
        for id in ids { #expect(try await fixture.events(id) == [.sent]) }
    }

    /// Takes every page that the database may have.
    private func fill(_ database: SQLiteDatabase) async throws {
        let insert = Statement("INSERT INTO setting (name, value) VALUES ($1, $2)")
        try database.limitPages(to: 100)
        for (step, size) in [20_000, 2_000, 200].enumerated() {
            for index in 0..<2000 {
                do {
                    _ = try await database.write(.process) {
                        try $0.execute(
                            insert,
                            [.text("\(step) \(index)"), .text(String(repeating: "x", count: size))]
                        )
                    }
                } catch is StorageError {
                    break
                }
            }
        }
    }
}
