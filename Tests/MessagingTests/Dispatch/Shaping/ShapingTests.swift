import Foundation
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Limits in the dispatcher", .timeLimit(.minutes(2)))
struct ShapingTests {
    private static func limits(_ json: String) throws -> [LimitSettings] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([LimitSettings].self, from: Data(json.utf8))
    }

    private static func messages(_ count: Int, _ domain: String, brand: String = "example", priority: Int = 5)
        -> [NewMessage]
    {
        (0..<count).map { QueueFixture.message(to: "p\($0)@\(domain)", priority: priority, brand: brand) }
    }

    private static func count(_ departed: [MemoryTransport.Departure], _ domain: String) -> Int {
        departed.count { $0.recipient.hasSuffix("@\(domain)") }
    }

    @Test("a domain that may get few a second holds nobody else up, and is parked out of the way")
    func headOfLine() async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(
            #"[{"each": "domain", "domains": ["slow.example"], "rate": "2/s", "burst": 1}]"#
        )
        _ = try await fixture.enqueue(Self.messages(3000, "slow.example") + Self.messages(500, "fast.example"))
        let transport = MemoryTransport(parallelism: 16)
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false)
        try await fixture.whileWorking(dispatcher) {
            await transport.wait {
                Self.count($0.departed, "fast.example") == 500 && Self.count($0.departed, "slow.example") >= 3
            }
        }
        let report = try await fixture.queue.status(now: fixture.clock.now)
        let sent = Self.count(transport.departures, "slow.example")
        #expect(report.parkedByChannel[.email] == Int64(3000 - sent))
        #expect(report.messages[.waiting] == Int64(3000 - sent))
        #expect(sent < 100)
        // In order: what was handed in first goes first.
        let slow = transport.departures.filter { $0.recipient.hasSuffix("@slow.example") }.map(\.id)
        #expect(slow == Array(1...Int64(sent)))
    }

    @Test("what is parked is found by the next worker, and goes as soon as nothing limits it")
    func restart() async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(#"[{"name": "group", "domains": ["*.slow.example"], "rate": "1/h"}]"#)
        let ids = try await fixture.enqueue(Self.messages(50, "a.slow.example") + Self.messages(50, "b.slow.example"))
        let first = MemoryTransport()
        let dispatcher = try fixture.dispatcher([first], untilEmpty: false)
        try await fixture.whileWorking(dispatcher) {
            try await fixture.eventually { $0.parkedByChannel[.email] == 100 }
        }
        #expect(first.departures.isEmpty)
        fixture.limits = []
        let second = MemoryTransport()
        try await fixture.drain(second)
        #expect(second.departures.map(\.id).sorted() == ids)
        #expect(try await fixture.states() == [.sent: 100])
    }

    @Test("never more are on the wire than a limit says, and all go in the end")
    func concurrency() async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(#"[{"each": "domain", "concurrency": 2}]"#)
        let ids = try await fixture.enqueue(Self.messages(20, "a.example") + Self.messages(20, "b.example"))
        let transport = MemoryTransport(parallelism: 16) { _, _ in .wire }
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false)
        try await fixture.whileWorking(dispatcher) {
            for round in 1...10 {
                await transport.wait { $0.departed.count == round * 4 && $0.wire == 4 }
                #expect(Self.count(transport.departures, "a.example") == round * 2)
                transport.release(.outcome(.accepted("250 ok")), .working)
            }
            await transport.wait { $0.departed.count == 40 && $0.wire == 0 }
            try await fixture.eventually { $0.messages[.sent] == 40 }
        }
        #expect(transport.departures.map(\.id).sorted() == ids)
    }

    @Test("a day's limit holds over restarts, and its messages go on the next day")
    func quota() async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(#"[{"each": "brand", "per_day": 7, "time_zone": "America/Los_Angeles"}]"#)
        _ = try await fixture.enqueue(20)
        let transport = MemoryTransport()
        for _ in 0..<3 { try await fixture.drain(transport) }
        #expect(transport.departures.count == 7)
        let limits = try await fixture.queue.status(now: fixture.clock.now).limits
        #expect(limits.contains { $0.name == "brand:example" && $0.reason != nil && $0.until != nil })
        fixture.clock.now += 86_400_000
        for _ in 0..<2 { try await fixture.drain(transport) }
        #expect(transport.departures.count == 14)
        #expect(try await fixture.states() == [.sent: 14, .waiting: 6])
    }

    @Test("an order keeps a domain or a brand, also what arrives later; resumed, all go", arguments: [true, false])
    func orders(_ isAboutDomain: Bool) async throws {
        let fixture = try await DispatcherFixture()
        let order = Pause(
            .email,
            brand: isAboutDomain ? nil : "example",
            domain: isAboutDomain ? "example.com" : nil,
            reason: "complaints",
            by: "ada"
        )
        try await Pauses(fixture.queue).put(order)
        _ = try await fixture.enqueue(5)
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.isEmpty)
        _ = try await fixture.enqueue(Self.messages(3, "example.com") + Self.messages(3, "example.org"))
        try await fixture.drain(transport)
        #expect(transport.departures.count == (isAboutDomain ? 3 : 0))
        #expect(try await Pauses(fixture.queue).resume(order, by: "ada"))
        try await fixture.drain(transport)
        #expect(transport.departures.count == 11)
    }

    @Test("who says no while a limit keeps the message is not written to when it may go on")
    func optOut() async throws {
        let fixture = try await DispatcherFixture()
        let order = Pause(.email, domain: "example.com", reason: "blocked", by: "ada")
        try await Pauses(fixture.queue).put(order)
        _ = try await fixture.enqueue(3)
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(try await fixture.queue.status(now: fixture.clock.now).parkedByChannel[.email] == 3)
        let no = OptOuts.Entry(
            addressKey: "person1@example.com",
            address: "person1@example.com",
            scope: .init(),
            source: "cli",
            note: nil
        )
        _ = try await fixture.queued.optOuts.add([no], by: "ada")
        _ = try await Pauses(fixture.queue).resume(order, by: "ada")
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.recipient).sorted() == ["person0@example.com", "person2@example.com"])
        #expect(try await fixture.states() == [.sent: 2, .blocked: 1])
    }

    @Test("a rule on replies suspends the domain, and nobody else")
    func replyRule() async throws {
        var fixture = try await DispatcherFixture()
        let decoder = JSONDecoder()
        let json = #"[{"match": "too much", "count": 2, "scope": "domain", "for": "1h"}]"#
        fixture.replyRules = try decoder.decode([ReplyRuleSettings].self, from: Data(json.utf8))
        _ = try await fixture.enqueue(Self.messages(50, "full.example") + Self.messages(50, "free.example"))
        let transport = MemoryTransport(parallelism: 1) { delivery, _ in
            guard case .email(let email) = delivery.payload, email.recipient.hasSuffix("@full.example") else {
                return .report(.outcome(.accepted("250 ok")), .working)
            }
            return .report(.outcome(.retry(.temporary, "452 4.2.2 too much mail")), .working)
        }
        try await fixture.drain(transport)
        #expect(Self.count(transport.departures, "free.example") == 50)
        #expect(Self.count(transport.departures, "full.example") < 10)
        let orders = try await Pauses(fixture.queue).list(now: fixture.clock.now)
        #expect(orders.map(\.domain) == ["full.example"])
        #expect(orders.first?.by == AuditEntry.dunlin)
    }

    @Test("a transport that is bound to domains gets theirs and nothing else, whatever the other does")
    func bound() async throws {
        let fixture = try await DispatcherFixture()
        _ = try await fixture.enqueue(
            Self.messages(200, "other.example") + Self.messages(20, "bulk.example")
                + Self.messages(20, "x.bulk.example")
        )
        let common = MemoryTransport("common", parallelism: 1) { _, _ in
            .report(.outcome(.putBack), .ourFault("535 no"))
        }
        let bulk = MemoryTransport("bulk", parallelism: 2, domains: try DomainSet(["bulk.example", "*.bulk.example"]))
        try await fixture.drain(common, bulk)
        #expect(bulk.departures.count == 40)
        #expect(Self.count(bulk.departures, "other.example") == 0)
        let mended = MemoryTransport("common")
        try await fixture.drain(mended, bulk)
        #expect(mended.departures.count == 200 && bulk.departures.count == 40)
        #expect(try await fixture.states() == [.sent: 240])
    }

    @Test("brands take turns by their weights, however long another's run is")
    func brands() async throws {
        var fixture = try await DispatcherFixture()
        fixture.weights = ["small": 1, "large": 3]
        _ = try await fixture.enqueue(Self.messages(2000, "example.com", brand: "large", priority: 0))
        _ = try await fixture.enqueue(Self.messages(100, "example.com", brand: "small", priority: 9))
        let transport = MemoryTransport(parallelism: 2)
        try await fixture.drain(transport)
        let small = transport.departures.enumerated().filter { $0.element.id > 2000 }.map(\.offset)
        #expect(small.count == 100)
        // One in four, and what a turn takes in hand, which depends on how fast the machine is.
        #expect((small.last ?? .max) <= 100 * 4 + 800)
        #expect((small.first ?? .max) <= 800)
    }

    @Test("a message of the lowest priority is not starved by a stream of urgent ones")
    func aging() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "low@example.com", priority: 9)])
        var book = ShareBook()
        var rounds = 0
        var isSent = false
        while !isSent, rounds < 200 {
            rounds += 1
            fixture.clock.now += 1000
            _ = try await fixture.queue.enqueue(
                (0..<5).map { QueueFixture.message(to: "u\(rounds)-\($0)@example.com", priority: 0) }
            )
            book.notice("example", due: 0)
            let asked = book.requests(
                .email,
                room: 3,
                now: UInt64(rounds),
                wall: fixture.clock.now,
                weight: { _ in 1 },
                grant: { $1 },
                hasRoom: { _ in true },
                wake: { _ in 0 }
            )
            for (share, limit, aged) in asked {
                let handOffs = try await fixture.claim(brand: share.brand, limit: limit, aged: aged)
                isSent = isSent || handOffs.contains { $0.priority == 9 }
            }
        }
        #expect(isSent && rounds <= 4)
    }

    @Test(
        "a turn that fails leaves nothing parked behind, and no day's limit asked for in vain",
        arguments: FaultyDatabase.Fault.allCases
    )
    func faults(_ fault: FaultyDatabase.Fault) async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(
            #"[{"each": "domain", "concurrency": 1}, {"each": "brand", "per_day": 1000}]"#
        )
        let ids = try await fixture.enqueue(Self.messages(60, "a.example") + Self.messages(60, "b.example"))
        let database = FaultyDatabase(fixture.queued.database) { $0 > 12 && $0 % 3 == 0 ? fault : nil }
        let transport = MemoryTransport(parallelism: 8)
        try await fixture.drain(transport, database: database)
        #expect(Set(transport.departures.map(\.id)) == Set(ids))
        #expect(try await fixture.states() == [.sent: 120])
    }

    @Test("two entries about the same count both")
    func several() async throws {
        var fixture = try await DispatcherFixture()
        fixture.limits = try Self.limits(#"[{"each": "brand", "concurrency": 5}, {"each": "brand", "per_day": 3}]"#)
        _ = try await fixture.enqueue(10)
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.count == 3)
    }

    @Test("brands that may send nothing keep no turn from the others")
    func silent() {
        var book = ShareBook()
        for number in 0..<50 { book.notice("silent\(number)", due: 0) }
        book.notice("loud", due: 0)
        let asked = book.requests(
            .email,
            room: 16,
            now: 1,
            wall: 1,
            weight: { _ in 1 },
            grant: { $1 },
            hasRoom: { $0.brand == "loud" },
            wake: { _ in 1000 }
        )
        #expect(asked.map(\.limit) == [16])
        #expect(book.nextWake == 1000)
    }

    @Test("of several orders the strictest holds, and Dunlin's own never takes the place of a person's")
    func strictest() async throws {
        let fixture = try await DispatcherFixture()
        let pauses = Pauses(fixture.queue)
        try await pauses.put(Pause(.email, domain: "example.com", reason: "for good", by: "ada"))
        let own = Pause(
            .email,
            domain: "example.com",
            rate: RateSettings("100/s"),
            reason: "reply",
            by: AuditEntry.dunlin,
            until: fixture.clock.now + 1000
        )
        try await pauses.put(own)
        #expect(try await pauses.list(now: fixture.clock.now).map(\.reason) == ["for good"])
        try await pauses.put(Pause(.email, lane: "memory", reason: "stop", by: "ada"))
        try await pauses.put(Pause(.email, rate: RateSettings("100/s"), reason: "slower", by: "ada"))
        _ = try await fixture.enqueue(Self.messages(5, "free.example"))
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.isEmpty)
    }

    @Test("a rate that is nothing is refused", arguments: ["1e-300/s", "0/s", "-1/s", "1e-9/h", "nan/s", "1/y"])
    func rates(_ text: String) {
        #expect(RateSettings(text) == nil)
    }
}
