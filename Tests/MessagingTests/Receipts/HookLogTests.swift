import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("What providers report")
struct HookLogTests {
    private struct Fixture {
        let queued: QueueFixture
        let log: HookLog

        init(reopen: Int64? = nil) async throws {
            queued = try await QueueFixture()
            let retry = RetryPolicy(first: 60_000, factor: 1, max: 60_000)
            log = HookLog(queued.queue, reopening: reopen.map { .init(within: $0, retry: retry) })
        }

        /// A text that was handed to the provider; it is on the wire.
        func begin() async throws -> HandOff {
            _ = try await queued.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
            return try #require(try await queued.claim(.sms).first)
        }

        func sent(reference: String? = "SM1") async throws -> Int64 {
            let handOff = try await begin()
            try await queued.settle(handOff, .accepted("queued", reference: reference))
            return handOff.id
        }

        @discardableResult
        func report(
            _ status: DeliveryReceipt.Status,
            message: Int64? = nil,
            reference: String? = "SM1",
            identity: String? = nil,
            from transport: String = "test"
        ) async throws -> Bool {
            let receipt = DeliveryReceipt(message: message, reference: reference, status: status, detail: "\(status)")
            let content = HookContent(matter: .receipt(receipt), identity: identity ?? "\(reference ?? "")/\(status)")
            return try await log.take(content, from: transport, raw: Array("raw".utf8))
        }

        func state(_ id: Int64) async throws -> String {
            let message = try #require(try await queued.queue.message(id))
            return message.state.rawValue + (message.reason.map { " \($0)" } ?? "")
        }

        func kinds(_ id: Int64) async throws -> [Event.Kind] { try await queued.queue.events(of: id).map(\.kind) }
    }

    @Test("what was posted about a person who is erased loses its words, by whatever it named the message")
    func erased() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.sent()
        try await fixture.report(.delivered)
        let withWords = Statement("SELECT count(*) FROM hook WHERE raw IS NOT NULL OR detail IS NOT NULL")
        func count() async throws -> Int64? {
            try await fixture.queued.database.read { try $0.first(withWords) { $0.integer(0) } }
        }
        #expect(try await count() == 1)
        _ = try await People(fixture.queued.database).erase("+12025550123", caps: 0, by: "ada")
        #expect(try await count() == 0)
    }

    @Test("are missed after a time: of those that a transport took in the ten minutes before, how many have none")
    func missing() async throws {
        let fixture = try await Fixture()
        let clock = fixture.queued.clock
        func missing() async throws -> [MissingReceipts] {
            try await fixture.queued.database.read {
                try MissingReceipts.find(.sms, within: 3_600_000, now: clock.now, $0)
            }
        }
        for number in 1...4 { _ = try await fixture.sent(reference: "SM\(number)") }
        #expect(try await missing() == [])
        #expect(try await fixture.report(.delivered, reference: "SM1"))
        #expect(try await fixture.report(.failed(.permanent), reference: "SM2"))
        clock.now += 3_600_000 + 300_000
        _ = try await fixture.sent(reference: "SM5")
        #expect(try await missing() == [MissingReceipts(transport: "test", expected: 4, missing: 2)])
        clock.now += 600_000
        #expect(try await missing() == [])
    }

    /// In the order in which they come, and where the message must stand then.
    static let orderings: [([DeliveryReceipt.Status], String)] = [
        ([.underway], "sent"), ([.delivered], "delivered"), ([.failed(.permanent)], "bounced permanent"),
        ([.underway, .delivered], "delivered"), ([.delivered, .underway], "delivered"),
        ([.delivered, .failed(.permanent)], "delivered"), ([.failed(.temporary), .delivered], "delivered"),
        ([.failed(.permanent), .underway], "bounced permanent"),
        ([.failed(.policy), .failed(.permanent)], "bounced policy"),
    ]

    @Test("moves a message on, in whatever order it comes, and repetitions change nothing", arguments: orderings)
    func orders(statuses: [DeliveryReceipt.Status], expected: String) async throws {
        let fixture = try await Fixture()
        let id = try await fixture.sent()
        for status in statuses { #expect(try await fixture.report(status)) }
        let kinds = try await fixture.kinds(id)
        for status in statuses { #expect(try await !fixture.report(status), "a repetition counts as new") }
        #expect(try await fixture.state(id) == expected)
        #expect(try await fixture.kinds(id) == kinds)
        #expect(try await fixture.queued.queue.status(now: fixture.queued.clock.now).sumHolds)
    }

    @Test("of a failure that may pass makes the message go again, while it is not too late for that")
    func reopens() async throws {
        let fixture = try await Fixture(reopen: 90_000)
        let id = try await fixture.sent()
        try await fixture.report(.failed(.temporary))
        #expect(try await fixture.state(id) == "waiting temporary")
        #expect(try await fixture.kinds(id) == [.sent, .retry])
        #expect(try await !fixture.report(.failed(.temporary)), "a repetition reopens nothing")
        fixture.queued.clock.now += 60_000
        let again = try #require(try await fixture.queued.claim(.sms).first)
        try await fixture.queued.settle(again, .accepted("queued", reference: "SM2"))
        try await fixture.report(.failed(.temporary), reference: "SM2")
        #expect(try await fixture.state(id) == "bounced temporary", "the time is over")
        let other = try await Fixture(reopen: 90_000)
        let never = try await other.sent()
        try await other.report(.failed(.permanent))
        #expect(try await other.state(never) == "bounced permanent")
    }

    @Test("finds its message by our own id, by the provider's, and never by another provider's")
    func finds() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.sent(reference: nil)
        try await fixture.report(.delivered, from: "other")
        #expect(try await fixture.state(id) == "sent")
        try await fixture.report(.underway, message: id)
        try await fixture.report(.delivered)
        #expect(try await fixture.state(id) == "delivered", "the provider's id is learnt from a receipt with ours")
    }

    @Test("what comes while the message is on the wire waits until it is settled")
    func early() async throws {
        let fixture = try await Fixture()
        let handOff = try await fixture.begin()
        try await fixture.report(.delivered, message: handOff.id)
        #expect(try await fixture.state(handOff.id) == "sending")
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
        #expect(try await fixture.state(handOff.id) == "sending")
        try await fixture.queued.settle(handOff, .accepted("queued", reference: "SM1"))
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
        #expect(try await fixture.state(handOff.id) == "delivered")
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
    }

    @Test(
        "ends the doubt about a lost answer, so that nothing is sent twice",
        arguments: [
            (DeliveryReceipt.Status.underway, "sent"), (.delivered, "delivered"), (.failed(.policy), "bounced policy"),
        ]
    )
    func doubt(status: DeliveryReceipt.Status, expected: String) async throws {
        for policy in UncertainPolicy.allCases {
            let fixture = try await Fixture()
            let handOff = try await fixture.begin()
            try await fixture.queued.settle(handOff, .uncertain(.timeout, "no answer"), uncertain: policy)
            try await fixture.report(status, message: handOff.id)
            #expect(try await fixture.state(handOff.id) == expected)
            fixture.queued.clock.now += 100 * 3_600_000
            #expect(try await fixture.queued.claim(.sms).isEmpty)
        }
    }

    @Test("a message that was never handed over is not moved by what is said of it")
    func never() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
        try await fixture.report(.delivered, message: 1)
        #expect(try await fixture.state(1) == "waiting")
        #expect(try await fixture.kinds(1) == [.late])
    }

    @Test(
        "a number that is none, or whose owner said no, is written to no more",
        arguments: [(Outcome.Reason.recipient, "bounce"), (.optedOut, "provider"), (.policy, nil), (.permanent, nil)]
            as [(Outcome.Reason, String?)]
    )
    func suppresses(reason: Outcome.Reason, source: String?) async throws {
        let fixture = try await Fixture()
        _ = try await fixture.sent()
        try await fixture.report(.failed(reason))
        let optOuts = try await fixture.queued.optOuts.covering("+12025550123")
        #expect(optOuts.map(\.source) == [source].compactMap { $0 })
        #expect(optOuts.allSatisfy { $0.scope == .init(channel: .sms) })
    }

    @Test("many that belong to nobody keep no other waiting")
    func crowd() async throws {
        let fixture = try await Fixture()
        let handOff = try await fixture.begin()
        for index in 0..<7 { try await fixture.report(.delivered, message: 99, identity: "other-\(index)") }
        try await fixture.report(.delivered, message: handOff.id)
        try await fixture.queued.settle(handOff, .accepted("queued", reference: "SM1"))
        var after: Int64? = 0
        var rounds = 0
        while let from = after {
            after = try await fixture.log.applyPending(after: from, limit: 3)
            rounds += 1
        }
        #expect(rounds == 3)
        #expect(try await fixture.state(handOff.id) == "delivered")
    }

    @Test("a message that had been given up, and has arrived after all, is delivered", arguments: [true, false])
    func late(hasExpired: Bool) async throws {
        let fixture = try await Fixture()
        let handOff = try await fixture.begin()
        let retry = RetryPolicy(giveUp: hasExpired ? 3 * 86_400_000 : 0)
        try await fixture.queued.settle(handOff, .uncertain(.timeout, "no answer"), retry: retry)
        #expect(try await fixture.state(handOff.id).hasPrefix(hasExpired ? "waiting" : "failed"))
        try await fixture.report(.delivered, message: handOff.id)
        #expect(try await fixture.state(handOff.id) == "delivered")
    }

    @Test("what came long ago is forgotten, but not what waits for its message")
    func pruned() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.sent()
        try await fixture.report(.delivered)
        try await fixture.report(.delivered, message: 99, reference: nil)
        #expect(try await fixture.log.prune(before: fixture.queued.clock.now + 1, limit: 10) == 1)
        #expect(try await fixture.log.prune(before: fixture.queued.clock.now + 1, limit: 10) == 0)
    }

    @Test("a no is heard again after it was taken back, though the provider names texts not at all")
    func again() async throws {
        let fixture = try await Fixture()
        var text = InboundText(reference: "hash", from: "+12025550123", to: "", text: "STOP")
        text.isNamed = false
        let content = HookContent(matter: .inbound(text), identity: "hash/received")
        #expect(try await fixture.log.take(content, from: "gateway", raw: []))
        _ = try await fixture.queued.optOuts.remove(id: 1, by: "ada")
        #expect(try await !fixture.log.take(content, from: "gateway", raw: []))
        #expect(try await fixture.queued.optOuts.covering("+12025550123").count == 1)
    }

    @Test("what no message is found for is given up after an hour")
    func orphan() async throws {
        let fixture = try await Fixture()
        try await fixture.report(.delivered, message: 99)
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
        fixture.queued.clock.now += HookLog.patience + 1
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
        #expect(try await fixture.log.applyPending(limit: 10) == nil)
    }

    @Test(
        "a text that is a no, or may be one, holds at once and once; other words do not",
        arguments: [
            ("STOP", nil, "reply"), (" stop. ", nil, "reply"), ("Stop texting me", nil, "reply"),
            ("can I stop by on friday?", nil, "review"), ("", nil, nil), ("help", nil, nil),
            ("Halte", "stop", "reply"), ("stop", "help", nil), ("YES", "start", nil),
        ] as [(String, String?, String?)]
    )
    func stop(text: String, wish: String?, source: String?) async throws {
        let fixture = try await Fixture()
        let inbound = InboundText(
            reference: "SM9",
            from: "+12025550123",
            to: "+12025550199",
            text: text,
            wish: wish.flatMap(WishReader.Wish.init)
        )
        let content = HookContent(matter: .inbound(inbound), identity: "SM9/received")
        #expect(try await fixture.log.take(content, from: "twilio", raw: []))
        #expect(try await !fixture.log.take(content, from: "twilio", raw: []))
        let optOuts = try await fixture.queued.optOuts.covering("+12025550123")
        #expect(optOuts.map(\.source) == [source].compactMap(\.self))
        let audit = try await AuditLog(fixture.queued.database).list(limit: 9)
        #expect(audit.map(\.by) == (source == nil ? [] : ["twilio"]))
    }

    @Test("a plain no that follows one for a person to read stands when that is taken back")
    func stronger() async throws {
        let fixture = try await Fixture()
        func text(_ words: String, _ number: Int) async throws {
            let inbound = InboundText(reference: "SM\(number)", from: "+12025550123", to: "", text: words)
            let content = HookContent(matter: .inbound(inbound), identity: "SM\(number)/received")
            _ = try await fixture.log.take(content, from: "twilio", raw: [])
        }
        try await text("when does it end?", 1)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").map(\.source) == ["review"])
        try await text("STOP", 2)
        let standing = try await fixture.queued.optOuts.covering("+12025550123")
        #expect(standing.map(\.source) == ["reply"] && standing.first?.note == "texted: STOP")
        try await text("end of month ok?", 3)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").map(\.source) == ["reply"])
        #expect(try await AuditLog(fixture.queued.database).list(limit: 9).count == 2)
    }

    @Test("who texts START takes back what they texted, and no no that they said elsewhere")
    func start() async throws {
        let fixture = try await Fixture()
        func text(_ words: String, _ number: Int) async throws {
            let inbound = InboundText(reference: "SM\(number)", from: "+12025550123", to: "", text: words)
            let content = HookContent(matter: .inbound(inbound), identity: "SM\(number)/received")
            _ = try await fixture.log.take(content, from: "twilio", raw: [])
        }
        let elsewhere = OptOuts.Entry(
            addressKey: "+12025550123",
            address: "+12025550123",
            scope: .init(brand: "acme"),
            source: "link"
        )
        _ = try await fixture.queued.optOuts.add([elsewhere], by: "ada")
        try await text("STOP", 1)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").count == 2)
        try await text("YES", 2)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").count == 2)
        try await text("Start", 3)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").map(\.source) == ["link"])
        let last = try #require(try await AuditLog(fixture.queued.database).list(limit: 1).first)
        #expect(last.action == .optOutRemoved && last.by == "twilio, texted: Start")
    }
}
