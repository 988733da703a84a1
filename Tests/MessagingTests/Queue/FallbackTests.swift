import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A message for several channels")
struct FallbackTests {
    private struct Fixture {
        let queued: QueueFixture
        let reader: MessageReader

        init() async throws {
            queued = try await QueueFixture()
            let composer = Composer(
                library: TemplateLibrary(folder: queued.folder.path),
                brands: try Brand.all([:]),
                secret: "secret"
            )
            reader = MessageReader(
                composer: composer,
                channels: [.email: ChannelRules(), .sms: ChannelRules(), .call: ChannelRules()]
            )
        }

        func enqueue(_ more: String = "", key: String = "a") async throws -> Receipt {
            let text =
                #"{"key": "\#(key)", "channels": ["email", "sms", "call"], "to": {"email": "ada@example.com", "#
                + #""sms": "+12025550123", "call": "+12025550123"}, "content": {"subject": "Hi", "text": "Hello"}\#(more)}"#
            return try await queued.queue.enqueue([try reader.read(Array(text.utf8))])[0]
        }

        func states() async throws -> [String] {
            try await queued.queue.list(MessageFilter(), limit: 10).reversed().map {
                $0.state.rawValue + ($0.reason.map { " (\($0))" } ?? "")
            }
        }

        func end(_ channel: Channel, _ outcome: Outcome) async throws {
            for handOff in try await queued.claim(channel) { try await queued.settle(handOff, outcome) }
        }

        func decide() async throws { _ = try await queued.queue.decideFallbacks(now: queued.clock.now, limit: 100) }
    }

    private static let standby = "held (fallback)"

    @Test("is stored as a whole, with one conversation; handed in again it is a duplicate")
    func stored() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.enqueue() == .accepted(id: 1))
        #expect(try await fixture.states() == ["waiting", Self.standby, Self.standby])
        let all = try await fixture.queued.queue.list(MessageFilter(), limit: 10)
        #expect(Set(all.map(\.conversation)) == ["a"])
        #expect(all.map(\.channel) == [.call, .sms, .email])
        #expect(try await fixture.enqueue() == .duplicate(id: 1))
        #expect(try await fixture.enqueue(#", "priority": 1"#) == .conflict(id: 1))
        #expect(try await fixture.states().count == 3)
        let report = try await fixture.queued.queue.status(now: fixture.queued.clock.now)
        #expect(report.problems.allSatisfy { !$0.what.contains("wait for a person") } && report.standingBy == 2)
    }

    @Test("goes on to the next channel when one refuses it, and to the last when nobody takes it")
    func steps() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        try await fixture.end(.email, .rejected(.permanent, "550 no"))
        #expect(try await fixture.states() == ["failed (permanent)", "waiting", Self.standby])
        let optOut = OptOuts.Entry(
            addressKey: "+12025550123",
            address: "+12025550123",
            scope: .init(channel: .sms),
            source: "cli",
            note: nil
        )
        _ = try await fixture.queued.optOuts.add([optOut], by: "test")
        try await fixture.end(.sms, .accepted("ok"))
        #expect(try await fixture.states().map { $0.prefix(7) } == ["failed ", "blocked", "waiting"])
        try await fixture.end(.call, .accepted("ok"))
        #expect(try await fixture.states().last == "sent")
        let events = try await fixture.queued.queue.events(of: 3)
        #expect(events.map(\.kind) == [.nextChannel, .sent])
        #expect(events.first?.detail == "message 2 (sms): blocked")
    }

    @Test("ends with the channel that has taken it")
    func arrives() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        try await fixture.end(.email, .accepted("250"))
        try await fixture.decide()
        let reason = "cancelled (not needed: email was taken)"
        #expect(try await fixture.states() == ["sent", reason, reason])
    }

    @Test("a text that is only accepted by its provider has not arrived: the next channel goes when the time is over")
    func evidence() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue(#", "within": "30m""#)
        try await fixture.end(.email, .rejected(.permanent, "550 no"))
        try await fixture.end(.sms, .accepted("queued"))
        try await fixture.decide()
        #expect(try await fixture.states() == ["failed (permanent)", "sent", Self.standby])
        fixture.queued.clock.now += 31 * 60_000
        try await fixture.decide()
        #expect(try await fixture.states() == ["failed (permanent)", "sent", "waiting"])
    }

    @Test("what still waits when its time is over is cancelled before the next one goes: never are two underway")
    func deadline() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue(#", "within": "30m""#)
        for handOff in try await fixture.queued.claim(.email) {
            fixture.queued.clock.now += 31 * 60_000
            try await fixture.decide()
            #expect(
                try await fixture.states() == ["sending", Self.standby, Self.standby],
                "it may be leaving just now"
            )
            try await fixture.queued.settle(handOff, .retry(.temporary, "451"))
        }
        fixture.queued.clock.now += 2000
        try await fixture.decide()
        #expect(
            try await fixture.states() == [
                "cancelled (not delivered in time: the next channel goes)", "waiting", Self.standby,
            ]
        )
    }

    @Test("cancelled by a person it ends on every channel; a step that is done twice is done once")
    func cancelled() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        _ = try await fixture.queued.queue.perform(.cancel, on: [1], by: "ada")
        #expect(try await fixture.states().allSatisfy { $0.hasPrefix("cancelled") })
        _ = try await fixture.enqueue(key: "b")
        let event = Event(message: 4, at: 0, kind: .rejected)
        try await fixture.queued.database.write(.process) { try Event.insert([event, event], $0) }
        try await fixture.queued.database.write(.process) { try Event.insert([event], $0) }
        #expect(try await fixture.states().suffix(3) == ["waiting", "waiting", Self.standby])
    }

    @Test("to approve everything that is held lets none go that stands by")
    func approval() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        var filter = MessageFilter()
        filter.state = .held
        #expect(try await fixture.queued.queue.perform(.approve, onAll: filter, by: "ada").isEmpty)
        #expect(try await fixture.states() == ["waiting", Self.standby, Self.standby])
    }

    @Test("what was kept for long and is let go has all its time again")
    func keptForLong() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue(#", "within": "30m""#)
        _ = try await fixture.queued.queue.perform(.hold, on: [1], by: "ada")
        fixture.queued.clock.now += 3_600_000
        try await fixture.decide()
        #expect(try await fixture.states().first?.hasPrefix("held") == true)
        _ = try await fixture.queued.queue.perform(.approve, on: [1], by: "ada")
        try await fixture.decide()
        #expect(try await fixture.states().suffix(2) == [Self.standby, Self.standby])
        #expect(try await fixture.states().first?.hasPrefix("waiting") == true)
    }

    @Test("what stands by behind a message that is forgotten ends too")
    func forgotten() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        try await fixture.end(.email, .accepted("250"))
        fixture.queued.clock.now += 1000
        _ = try await fixture.queued.queue.prune(finishedBefore: fixture.queued.clock.now, limit: 10)
        #expect(try await fixture.states().allSatisfy { $0.hasPrefix("cancelled") })
    }

    @Test("with policy all, every channel goes")
    func all() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue(#", "policy": "all""#)
        #expect(try await fixture.states() == ["waiting", "waiting", "waiting"])
    }

    @Test(
        "is refused as a whole, with the place",
        arguments: [
            (#"{"channels": ["email"], "to": {"email": "a@example.com"}}"#, "channels"),
            (#"{"channels": ["email", "email"], "to": {"email": "a@example.com"}}"#, "channels[1]"),
            (#"{"channels": ["email", "fax"], "to": {}}"#, "channels[1]"),
            (#"{"channels": ["email", "sms"], "to": "a@example.com"}"#, "to"),
            (
                #"{"channels": ["email", "sms"], "to": {"email": "a@example.com"}, "content": {"subject": "a", "text": "b"}}"#,
                "to.sms"
            ),
            (
                #"{"channels": ["email", "sms"], "to": {"email": "a@example.com", "sms": "12"}, "content": {"subject": "a", "text": "b"}}"#,
                "to.sms"
            ),
            (#"{"channels": ["email", "sms"], "to": {"email": "a@b.example", "sms": "1", "call": "2"}}"#, "to.call"),
            (#"{"channels": ["email", "sms"], "channel": "email", "to": {}}"#, "channel"),
            (#"{"channels": ["email", "sms"], "to": {}, "policy": "some"}"#, "policy"),
            (#"{"channels": ["email", "sms"], "to": {}, "within": "soon"}"#, "within"),
            (#"{"channels": ["email", "sms"], "to": {}, "policy": "all", "within": "1h"}"#, "within"),
            (#"{"channel": "email", "to": "a@example.com", "within": "1h"}"#, "within"),
        ]
    )
    func refused(_ text: String, _ place: String) async throws {
        let reader = try await Fixture().reader
        let rejection = #expect(throws: Rejection.self) { try reader.read(Array(text.utf8)) }
        #expect(rejection?.place == place)
    }
}
