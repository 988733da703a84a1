import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The status report")
struct StatusReportTests {
    @Test("of an empty queue says that all is well")
    func isEmpty() async throws {
        let fixture = try await QueueFixture()
        let report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.messages.count == MessageState.allCases.count)
        #expect(report.messages.values.allSatisfy { $0 == 0 })
        #expect(report.sumHolds)
        #expect(report.accepted == 0)
        #expect(report.oldestWaitingSeconds == 0)
        #expect(report.drainSeconds == nil)
        #expect(!report.isWorking)
        #expect(report.node == nil)
        #expect(report.problems == [])
    }

    @Test("counts each state, what is due, and how long the oldest has waited")
    func counts() async throws {
        let fixture = try await QueueFixture()
        let now = fixture.clock.now
        _ = try await fixture.queue.enqueue(
            [now - 90_000, now - 10_000, now, now + 1, now - 5000, now, now].map { QueueFixture.message(due: $0) }
                + [QueueFixture.message(due: now - 1000, channel: .sms)]
        )
        for handOff in try await fixture.claim(limit: 1) { try await fixture.settle(handOff, .accepted("250")) }
        _ = try await fixture.claim(limit: 1)
        _ = try await fixture.queue.perform(.hold, on: [5], by: "test")
        _ = try await fixture.queue.perform(.cancel, on: [6], by: "test")
        let report = try await fixture.queue.status(now: now + 2000)
        #expect(
            report.messages.filter { $0.value > 0 }
                == [.sent: 1, .sending: 1, .held: 1, .cancelled: 1, .waiting: 4]
        )
        #expect(report.liveByChannel[.waiting] == [.email: 3, .sms: 1])
        #expect(report.dueByChannel == [.email: 3, .sms: 1])
        #expect(report.oldestWaitingSeconds == 3)
        #expect(report.accepted == 8)
        #expect(report.sumHolds)
        #expect(report.domains.map { "\($0.name) \($0.waiting)" } == ["example.com 4"])
    }

    @Test("the sum holds over what was forgotten")
    func countsPruned() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue((0..<6).map { _ in QueueFixture.message() })
        for handOff in try await fixture.claim(limit: 4) { try await fixture.settle(handOff, .accepted("250")) }
        fixture.clock.now += 1000
        #expect(try await fixture.queue.prune(finishedBefore: fixture.clock.now, limit: 3) == 3)
        let report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.accepted == 6)
        #expect(report.pruned == 3)
        #expect(report.messages.filter { $0.value > 0 } == [.sent: 1, .waiting: 2])
        #expect(report.sumHolds)
    }

    @Test("rates are of the last full minute and the last hour, by outcome, and an estimate follows from them")
    func rates() async throws {
        let minute = 60_000 as Int64
        let fixture = try await QueueFixture(TestClock(30_000_000 * minute))
        _ = try await fixture.queue.enqueue((0..<20).map { _ in QueueFixture.message() })
        func settle(_ count: Int, _ outcome: Outcome) async throws {
            for handOff in try await fixture.claim(limit: count) { try await fixture.settle(handOff, outcome) }
        }
        try await settle(1, .accepted("250"))
        fixture.clock.now += 30 * minute
        try await settle(4, .accepted("250"))
        try await settle(2, .rejected(.permanent, "554"))
        fixture.clock.now += minute
        try await settle(1, .accepted("250"))
        let report = try await fixture.queue.status(now: fixture.clock.now)
        let rate = try #require(report.rates[.email])
        #expect(rate.lastHour == ["accepted": 6, "rejected": 2])
        #expect(rate.lastMinute == ["accepted": 4, "rejected": 2])
        #expect(rate.perMinute == 6)
        #expect(report.drainSeconds == 120)
    }

    @Test("the backlog is shown by age and by column")
    func shapes() async throws {
        let fixture = try await QueueFixture()
        let now = fixture.clock.now
        _ = try await fixture.queue.enqueue(
            [0, 4, 5, 11, 2000].map { (minutes: Int64) in
                QueueFixture.message(to: "a@old.example", due: now - minutes * 60_000)
            } + [QueueFixture.message(to: "a@new.example"), QueueFixture.message(due: now + 1000)]
        )
        let shape = try await fixture.queue.shape(by: "domain", now: now)
        #expect(shape.map(\.name) == ["old.example", "new.example"])
        #expect(shape[0].buckets == [2, 1, 1, 0, 0, 0, 0, 0, 0, 1])
        #expect(shape[1].buckets == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        for column in Queue.shapeColumns {
            let total = try await fixture.queue.shape(by: column, now: now).flatMap(\.buckets).reduce(0, +)
            #expect(total == 6, "\(column)")
        }
        #expect(try await fixture.queue.shape(by: "document", now: now).isEmpty)
    }

    @Test("a worker and its lanes tell of themselves, and a new worker forgets the lanes of the one before")
    func showsWorker() async throws {
        let fixture = try await QueueFixture()
        let nodes = Nodes(database: fixture.database)
        func lane(_ name: String, _ state: LaneReport.State, _ reason: String? = nil) -> LaneReport {
            LaneReport(
                name: name,
                channel: .email,
                state: state,
                since: 0,
                reason: reason,
                connections: 2,
                inFlight: 3
            )
        }
        let first = try await nodes.register("first")
        try await nodes.beat(first, [lane("a", .open), lane("b", .stopped, "535 no")], [])
        let start = fixture.clock.now
        fixture.clock.now += 5000
        try await nodes.beat(first, [lane("a", .open), lane("b", .open)], [])
        var report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.node?.name == "first")
        #expect(report.node?.startedAt == start)
        #expect(report.node?.heartbeatAt == start + 5000)
        #expect(report.node?.stoppedAt == nil)
        #expect(report.lanes.map(\.name) == ["a", "b"])
        #expect(report.lanes.map(\.since) == [start, start + 5000])
        #expect(report.lanes.map(\.state) == [.open, .open])
        try await nodes.stop(first)
        report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.node?.stoppedAt == start + 5000)
        let second = try await nodes.register("second")
        #expect(second > first)
        report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.lanes == [])
        #expect(report.node?.name == "second")
    }
}
