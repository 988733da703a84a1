import Logging
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Housekeeping")
struct HousekeepingTests {
    private static let day: Int64 = 86_400_000

    private func keeper(_ fixture: QueueFixture, _ retention: TimeSpan?) -> Housekeeping {
        Housekeeping(
            queue: fixture.queue,
            retention: retention,
            clock: fixture.clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static let rest = Statement(
        "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM content), (SELECT count(*) FROM event)"
    )

    /// How many rows are left of messages, contents and events.
    private func rows(_ fixture: QueueFixture) async throws -> [Int64] {
        let rows = try await fixture.database.read {
            try $0.first(HousekeepingTests.rest) { row in (0...2).map { row.integer($0) } }
        }
        return rows ?? []
    }

    @Test("ends what has expired though no lane asks for it, more than one batch of it")
    func expires() async throws {
        let fixture = try await QueueFixture()
        let now = fixture.clock.now
        _ = try await fixture.queue.enqueue(
            (0..<1200).map { QueueFixture.message(due: now + 1000, expires: now + 2000 + Int64($0 % 2) * 5000) }
        )
        _ = try await fixture.queue.perform(.hold, on: [1, 2, 3], by: "test")
        fixture.clock.now = now + 2000
        try await keeper(fixture, nil).sweep()
        let report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.messages[.expired] == 600)
        #expect(report.messages[.waiting] == 599)
        #expect(report.messages[.held] == 1)
        #expect(try await fixture.queue.events(of: 1).map(\.kind) == [.held, .expired])
        #expect(report.sumHolds)
    }

    @Test("forgets what ended long ago, its words and its story with it, more than one batch of it")
    func forgets() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue((0..<1200).map { _ in QueueFixture.message() })
        let handOffs = try await fixture.claim(limit: 1100)
        for (index, handOff) in handOffs.enumerated() where index < 1050 {
            try await fixture.settle(handOff, index % 2 == 0 ? .accepted("250") : .rejected(.permanent, "554"))
            if index == 999 { fixture.clock.now += 2 * HousekeepingTests.day }
        }
        let keeper = keeper(fixture, TimeSpan(milliseconds: 3 * HousekeepingTests.day))
        try await keeper.sweep()
        #expect(try await rows(fixture) == [1200, 1200, 1050])
        fixture.clock.now += HousekeepingTests.day + 1
        try await keeper.sweep()
        #expect(try await rows(fixture) == [200, 200, 50])
        let report = try await fixture.queue.status(now: fixture.clock.now)
        #expect(report.pruned == 1000)
        #expect(report.sumHolds)
        #expect(report.messages[.sending] == 50)
        #expect(report.messages[.waiting] == 100)
    }

    @Test("without a retention time nothing is forgotten")
    func keeps() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue([QueueFixture.message()])
        _ = try await fixture.queue.perform(.cancel, on: [1], by: "test")
        fixture.clock.now += 4000 * HousekeepingTests.day
        try await keeper(fixture, nil).sweep()
        #expect(try await rows(fixture) == [1, 1, 1])
    }
}
