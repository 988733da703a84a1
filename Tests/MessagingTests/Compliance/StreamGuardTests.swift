import Logging
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A brand's email that nobody wants")
struct StreamGuardTests {
    @Test(
        "is slowed at 0.1 % of complaints, does not advertise at 0.25 %, is stopped at 0.3 % or when it is refused; few say nothing",
        arguments: [
            (10_000, 9, 0, "well"), (10_000, 10, 0, "slowed"), (10_000, 24, 0, "slowed"),
            (10_000, 25, 0, "stopped commercial"), (10_000, 29, 0, "stopped commercial"), (10_000, 30, 0, "stopped"),
            (999, 100, 0, "well"), (1000, 2, 0, "well"), (1000, 3, 0, "stopped"), (0, 0, 19, "well"),
            (0, 0, 20, "stopped"), (2000, 0, 20, "stopped"), (2001, 0, 20, "well"),
        ]
    )
    func orders(sent: Int64, complained: Int64, refused: Int64, expected: String) {
        let figures = StreamGuard.Figures(sent: sent, complained: complained, refused: refused, sentLately: sent)
        let order = StreamGuard.order("acme", figures, now: 5)?.pause
        let word = order.map { order in
            (order.rate == nil ? "stopped" : "slowed") + (order.category.map { " \($0)" } ?? "")
        }
        #expect((word ?? "well") == expected)
        #expect(order.map { $0.brand == "acme" && $0.until != nil } ?? true)
    }

    @Test(
        "is judged by what a mailbox provider says itself, however few reports there are",
        arguments: [(0.0009, "well"), (0.001, "slowed"), (0.0025, "stopped commercial"), (0.003, "stopped")]
    )
    func told(spam: Double, expected: String) async throws {
        let fixture = try await QueueFixture()
        let day = fixture.clock.now / 86_400_000
        let reputation = Reputation(fixture.database)
        try await reputation.enter(.init(brand: "acme", provider: "google", day: day, spam: spam), by: "ada")
        try await reputation.enter(.init(brand: "acme", provider: "google", day: day - 1, spam: 0.0001), by: "ada")
        try await reputation.enter(.init(brand: "acme", provider: "google", day: day - 7, spam: 0.5), by: "ada")
        let figures = try await StreamGuard.figures(fixture.queue, now: fixture.clock.now)
        let order = StreamGuard.order("acme", try #require(figures["acme"]), now: 5)?.pause
        let word = order.map { order in
            (order.rate == nil ? "stopped" : "slowed") + (order.category.map { " \($0)" } ?? "")
        }
        #expect((word ?? "well") == expected)
        #expect(order?.reason.hasPrefix("google says that") ?? true)
    }

    @Test("is ordered once a day, so that a person who lifts the order is not overruled at once")
    func once() async throws {
        let fixture = try await QueueFixture()
        let key = ComplianceCounts.Key(brand: "acme", kind: .sent, subject: "google")
        let spam = ComplianceCounts.Key(brand: "acme", kind: .complained, subject: "google")
        try await fixture.database.write(.process) { try ComplianceCounts.add([key: 2000, spam: 4], $0) }
        var keeper = Housekeeping(
            queue: fixture.queue,
            retention: nil,
            clock: fixture.clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let pauses = Pauses(fixture.queue)
        try await keeper.sweep()
        // A worker that starts anew knows what was ordered before.
        keeper = Housekeeping(
            queue: fixture.queue,
            retention: nil,
            clock: fixture.clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let order = try #require(try await pauses.list(now: fixture.clock.now).first)
        #expect(order.brand == "acme" && order.by == "dunlin" && order.reason.contains("4 of 2000"))
        #expect(try await pauses.resume(order, by: "ada"))
        fixture.clock.now += 120_000
        try await keeper.sweep()
        #expect(try await pauses.list(now: fixture.clock.now).isEmpty)
        try await fixture.database.write(.process) { try ComplianceCounts.add([spam: 10], $0) }
        fixture.clock.now += 120_000
        try await keeper.sweep()
        let strict = try #require(try await pauses.list(now: fixture.clock.now).first)
        #expect(strict.rate == nil && strict.reason.contains("0.3 %"), "what is worse is told at once")
        #expect(try await pauses.resume(strict, by: "ada"))
        fixture.clock.now += StreamGuard.day
        try await keeper.sweep()
        #expect(try await pauses.list(now: fixture.clock.now).count == 1)
        fixture.clock.now += 8 * StreamGuard.day
        try await keeper.sweep()
        #expect(try await pauses.list(now: fixture.clock.now).isEmpty, "the days have gone by")
    }
}
