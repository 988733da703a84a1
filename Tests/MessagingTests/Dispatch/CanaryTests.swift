import Logging
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A bulk run")
struct CanaryTests {
    private static func fixture() async throws -> DispatcherFixture {
        var fixture = try await DispatcherFixture()
        var brand = BrandSettings.sample
        var settings = ComplianceSettings()
        var canary = CanarySettings()
        canary.after = 10
        canary.part = Percentage("20%")
        settings.canary = canary
        brand.compliance = settings
        fixture.policies = CompliancePolicies(all: CompliancePolicy(brand))
        return fixture
    }

    private static func messages(_ count: Int, _ template: String = "offer", from: Int = 0) -> [NewMessage] {
        (from..<from + count).map {
            QueueFixture.message(to: "person\($0)@example.com", category: "commercial", template: template)
        }
    }

    private static func keeper(_ fixture: DispatcherFixture) -> Housekeeping {
        Housekeeping(
            queue: Queue(fixture.queued.database, policies: fixture.policies),
            retention: nil,
            clock: fixture.clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("sends its first part, and the rest when that was taken well")
    func well() async throws {
        let fixture = try await Self.fixture()
        let ids = try await fixture.enqueue(Self.messages(100))
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 20)
        #expect(try await fixture.states() == [.sent: 20, .waiting: 80])
        let order = try #require(try await Pauses(fixture.queue).list(now: fixture.clock.now).first)
        #expect(
            order.template == "offer" && order.by == "dunlin"
                && order.reason.hasPrefix("canary: 20 have gone; the rest waits until 2027-01-15T08:30:00Z")
        )
        let kept = try #require(ids.last)
        #expect(try await fixture.events(kept) == [.deferred])
        #expect(try await fixture.message(kept)?.keptBy == "order::offer")

        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 20, "it is not judged before its time")
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        #expect(try await Pauses(fixture.queue).list(now: fixture.clock.now).isEmpty)
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id).sorted() == ids)
    }

    @Test("is kept when its first part bounces, until a person lets it go")
    func badly() async throws {
        let fixture = try await Self.fixture()
        _ = try await fixture.enqueue(Self.messages(100))
        let transport = MemoryTransport { delivery, _ in
            .report(
                .outcome(delivery.handOff.id <= 5 ? .rejected(.recipient, "550 no") : .accepted("250 ok")),
                .working
            )
        }
        try await fixture.drain(transport)
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        let order = try #require(try await Pauses(fixture.queue).list(now: fixture.clock.now).first)
        #expect(order.reason == "canary: 5 of 20 bounced, more than 3%" && order.until == nil)
        try await fixture.drain(transport)
        #expect(transport.departures.count == 20)
        #expect(try await Pauses(fixture.queue).resume(order, by: "ada"))
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 100)
        fixture.clock.now += 3_600_000
        try await Self.keeper(fixture).sweep()
        #expect(try await Pauses(fixture.queue).list(now: fixture.clock.now).isEmpty, "it was a person's decision")
    }

    @Test(
        "that has failed is kept though a person's order took the place of ours, and has ended; it is let go by a word"
    )
    func overruled() async throws {
        let fixture = try await Self.fixture()
        _ = try await fixture.enqueue(Self.messages(100))
        let transport = MemoryTransport { delivery, _ in
            .report(
                .outcome(delivery.handOff.id <= 5 ? .rejected(.recipient, "550 no") : .accepted("250 ok")),
                .working
            )
        }
        try await fixture.drain(transport)
        let pauses = Pauses(fixture.queue)
        let own = Pause(.email, brand: "example", template: "offer", reason: "wait", by: "ada")
        try await pauses.put(own, for: 3_600_000)
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        #expect(try await pauses.list(now: fixture.clock.now).map(\.by) == ["ada"])
        fixture.clock.now += 3_600_000
        for _ in 0..<3 {
            try await Self.keeper(fixture).sweep()
            try await fixture.drain(transport)
        }
        #expect(transport.departures.count == 20)
        let order = try #require(try await pauses.list(now: fixture.clock.now).first)
        #expect(order.by == "dunlin" && order.reason == "canary: 20 have gone; a person lets the rest go")
        let events = try await fixture.events(100)
        #expect(events == [.deferred], "it is told once, and not each round")
        #expect(try await pauses.resume(order, by: "ada"))
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 100)
    }

    @Test(
        "that waits is kept behind a person's order about the same that is yet to begin, and is not looked at all the time"
    )
    func behind() async throws {
        let fixture = try await Self.fixture()
        let pauses = Pauses(fixture.queue)
        let later = fixture.clock.now + 7_200_000
        try await pauses.put(
            Pause(.email, brand: "example", template: "offer", reason: "night", by: "ada", begins: later),
            for: 3_600_000
        )
        let ids = try await fixture.enqueue(Self.messages(100))
        let transport = MemoryTransport()
        for _ in 0..<3 {
            try await fixture.drain(transport)
            try await Self.keeper(fixture).sweep()
        }
        #expect(transport.departures.count == 20)
        #expect(try await fixture.events(try #require(ids.last)) == [.deferred])
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 100)
        #expect(try await pauses.list(now: fixture.clock.now).map(\.by) == ["ada"])
    }

    @Test("of the next day is another one, and does not answer for what comes late of the first")
    func nextDay() async throws {
        let fixture = try await Self.fixture()
        let transport = MemoryTransport()
        let first = try await fixture.enqueue(Self.messages(100))
        try await fixture.drain(transport)
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 100)
        fixture.clock.now += 23 * 3_600_000
        _ = try await fixture.enqueue(Self.messages(5, from: 200))
        try await fixture.drain(transport)
        fixture.clock.now += 2 * 3_600_000
        _ = try await fixture.enqueue(Self.messages(100, from: 300))
        try await fixture.drain(transport)
        #expect(transport.departures.count == 125)
        let late = first.prefix(9).map { id in
            OptOuts.Entry(addressKey: "late\(id)@example.com", address: "x", source: "link", message: id)
        }
        _ = try await OptOuts(fixture.queued.database).add(late, by: "them")
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 205)
    }

    @Test("that goes on is stopped when opt-outs or complaints become too many")
    func later() async throws {
        let fixture = try await Self.fixture()
        let ids = try await fixture.enqueue(Self.messages(100))
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        let entries = ids.prefix(3).enumerated().map { index, id in
            OptOuts.Entry(
                addressKey: "person\(index)@example.com",
                address: "person\(index)@example.com",
                source: "link",
                message: id
            )
        }
        #expect(try await OptOuts(fixture.queued.database).add(entries, by: "them") == 3)
        fixture.clock.now += Runs.again
        try await Self.keeper(fixture).sweep()
        try await fixture.drain(transport)
        #expect(try await fixture.states() == [.sent: 20, .waiting: 80])
        let order = try #require(try await Pauses(fixture.queue).list(now: fixture.clock.now).first)
        #expect(order.reason == "canary: 3 of 20 brought an opt-out, more than 1%")
    }

    @Test("is none where messages come few at a time, or are of another template")
    func noRun() async throws {
        let fixture = try await Self.fixture()
        let transport = MemoryTransport()
        for round in 0..<8 {
            _ = try await fixture.enqueue(Self.messages(4, from: round * 10) + Self.messages(8, "t\(round)"))
            try await fixture.drain(transport)
        }
        #expect(transport.departures.count == 96)
        #expect(try await Pauses(fixture.queue).list(now: fixture.clock.now).isEmpty)
    }

    @Test("of which the first part was put back is not judged by what has shown nothing")
    func short() async throws {
        let fixture = try await Self.fixture()
        _ = try await fixture.enqueue(Self.messages(100))
        let failing = MemoryTransport { _, _ in .report(.outcome(.retry(.temporary, "450 later")), .working) }
        try await fixture.drain(failing)
        #expect(failing.departures.count == 20)
        fixture.clock.now += 1_800_000
        try await Self.keeper(fixture).sweep()
        let run = try #require(
            try await fixture.queued.database.read { try Runs.find("example", "offer", $0) }
        )
        #expect(run.state == .trying && run.taken == 0)
        let pauses = Pauses(fixture.queue)
        let own = Pause(.email, brand: "example", template: "offer", reason: "wait", by: "ada")
        try await pauses.put(own)
        #expect(try await pauses.resume(own, by: "ada"))
        let after = try await fixture.queued.database.read { try Runs.find("example", "offer", $0) }
        #expect(after?.state == .trying, "the end of another order is no word about the run")
    }

    @Test(
        "judges parts: the limit itself is allowed, few say nothing",
        arguments: [
            (Canary.Figures(sent: 100, bounced: 3), nil),
            (Canary.Figures(sent: 1000, bounced: 30), nil),
            (Canary.Figures(sent: 1000, bounced: 31), "31 of 1000 bounced, more than 3%"),
            (Canary.Figures(sent: 50, bounced: 4), nil),
            (Canary.Figures(sent: 1000, complained: 1), nil),
            (Canary.Figures(sent: 1000, complained: 2), "2 of 1000 were called spam, more than 0.1%"),
            (Canary.Figures(sent: 1000, optedOut: 10), nil),
            (Canary.Figures(sent: 1000, optedOut: 11), "11 of 1000 brought an opt-out, more than 1%"),
            (Canary.Figures(), nil),
        ] as [(Canary.Figures, String?)]
    )
    func judges(figures: Canary.Figures, fault: String?) {
        #expect(Canary(CanarySettings()).fault(figures) == fault)
    }
}

@Suite("A standing order about messages")
struct MessageOrderTests {
    @Test("keeps a category of a brand, also what comes later, and lets it go when it ends")
    func category() async throws {
        let fixture = try await DispatcherFixture()
        func message(_ number: Int, _ category: String) -> NewMessage {
            QueueFixture.message(to: "person\(number)@example.com", category: category)
        }
        let order = Pause(.email, brand: "example", category: "commercial", reason: "wrong price", by: "ada")
        try await Pauses(fixture.queue).put(order, for: 3_600_000)
        let ids = try await fixture.enqueue([message(1, "commercial"), message(2, "transactional")])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        _ = try await fixture.enqueue([message(3, "commercial")])
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
        let evidence = try await Evidence(fixture.queued.database).of(message: ids[0])
        #expect(evidence.first?.body?.contains(#""rules":"ORDER""#) ?? false)
        #expect(try await fixture.queue.freeKept(now: fixture.clock.now, limit: 10) == 0)
        fixture.clock.now += 3_600_000
        #expect(try await fixture.queue.freeKept(now: fixture.clock.now, limit: 10) == 2)
        try await fixture.drain(transport)
        #expect(transport.departures.count == 3)
    }

    @Test("comes after a no: who has opted out is blocked, and waits for nothing")
    func optOut() async throws {
        let fixture = try await DispatcherFixture()
        try await Pauses(fixture.queue).put(Pause(.email, category: "transactional", reason: "stop", by: "ada"))
        let id = try await fixture.enqueue(1)[0]
        let no = OptOuts.Entry(addressKey: "person0@example.com", address: "person0@example.com", source: "cli")
        _ = try await fixture.queued.optOuts.add([no], by: "ada")
        try await fixture.drain(MemoryTransport())
        #expect(try await fixture.message(id)?.state == .blocked)
    }

    @Test("is obeyed by a message that was handed off and has not begun to leave")
    func stale() async throws {
        let fixture = try await DispatcherFixture()
        let id = try await fixture.enqueue(1)[0]
        let handOffs = try await fixture.queued.claim()
        try await Pauses(fixture.queue).put(Pause(.email, category: "transactional", reason: "stop", by: "ada"))
        let result = try await fixture.queue.turn(.init(stale: handOffs), node: 1)
        #expect(result.mayGo.isEmpty)
        #expect(try await fixture.message(id)?.keptBy == "order:transactional:")
    }
}
