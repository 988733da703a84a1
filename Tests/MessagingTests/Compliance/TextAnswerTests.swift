import JSON
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A text that asks for something")
struct TextAnswerTests {
    private struct Fixture {
        let queued: QueueFixture
        let log: HookLog

        init(_ rules: [String: RuleSwitch] = ["SM-08": false], locale: String? = nil) async throws {
            queued = try await QueueFixture()
            var brand = BrandSettings.sample
            brand.phone = "+1 202 555 0100"
            brand.locale = locale
            brand.compliance = ComplianceSettings()
            brand.compliance?.rules = rules
            log = HookLog(
                queued.queue,
                answers: TextAnswers(
                    brands: try Brand.all(["example": brand]),
                    policies: CompliancePolicies(["example": brand])
                )
            )
            _ = try await queued.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
            for handOff in try await queued.claim(.sms) { try await queued.settle(handOff, .accepted("ok")) }
        }

        func hear(_ text: String, _ reference: String, from: String = "+12025550123") async throws {
            let inbound = InboundText(reference: reference, from: from, to: "+12025550100", text: text)
            let content = HookContent(matter: .inbound(inbound), identity: "\(reference)/received")
            _ = try await log.take(content, from: "gateway", raw: [])
        }

        /// What would go out now.
        func answers() async throws -> [String] {
            try await queued.claim(.sms).map { handOff in
                let text = String(decoding: handOff.document, as: UTF8.self)
                return "\(handOff.category) \(text.split(separator: #""text":""#).last?.prefix { $0 != "\"" } ?? "")"
            }
        }
    }

    @Test("to stop is confirmed once, to who has just said no, at any hour, and by nothing else")
    func stop() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
        try await fixture.hear("STOP", "SM1")
        try await fixture.hear("stop!", "SM2")
        #expect(
            try await fixture.answers() == ["answer:stop Example Ltd: you are unsubscribed and will get no more texts."]
        )
        #expect(try await fixture.queued.queue.message(2)?.state == .blocked)
        let answer = try #require(try await fixture.queued.queue.message(3))
        #expect(answer.expires == fixture.queued.clock.now + 300_000 && answer.priority == 0)
    }

    @Test("to stop is not confirmed where they have started again meanwhile, nor later than after five minutes")
    func stale() async throws {
        let fixture = try await Fixture()
        try await fixture.hear("STOP", "SM1")
        try await fixture.hear("START", "SM2")
        #expect(
            try await fixture.answers() == ["answer:start Example Ltd: you get texts again. Reply STOP to stop texts."]
        )
        #expect(try await fixture.queued.queue.message(2)?.reason == "they have started again meanwhile")
        fixture.queued.clock.now += 3_600_000
        try await fixture.hear("STOP", "SM3")
        fixture.queued.clock.now += 300_000
        #expect(try await fixture.answers() == [])
        #expect(try await fixture.queued.queue.message(4)?.state == .expired)
    }

    @Test("for help is answered with who we are, also to who has opted out; others' texts are tasks for people")
    func help() async throws {
        let fixture = try await Fixture(locale: "de")
        try await fixture.hear("stop", "SM0")
        _ = try await fixture.answers()
        try await fixture.hear("HELP", "SM1")
        #expect(
            try await fixture.answers() == ["answer:help Example Ltd: Hilfe: +1 202 555 0100. Mit STOP abbestellen."]
        )
        try await fixture.hear("I paid last week", "SM2")
        try await fixture.hear("I'll cancel the check and pay by card", "SM3")
        try await fixture.hear("HELP", "SM4", from: "+12025550199")
        #expect(try await fixture.answers() == [], "nobody has written to that number")
        let replies = try await Replies(fixture.queued.database).open(limit: 10)
        #expect(replies.map(\.text) == ["I paid last week", "I'll cancel the check and pay by card", "HELP"])
        #expect(replies.map(\.asks) == [nil, "review", "help"])
        #expect(replies.map(\.brand) == ["example", "example", nil] && replies.map(\.message) == [1, 1, nil])
    }

    @Test("again and again is answered once an hour: two machines do not answer each other for ever")
    func loop() async throws {
        let fixture = try await Fixture()
        for round in 0..<20 { try await fixture.hear(["HELP", "STOP", "START"][round % 3], "SM\(round)") }
        #expect(try await fixture.answers().count == 2, "who has started again is not told that they are stopped")
        #expect(try await fixture.queued.queue.status(now: fixture.queued.clock.now).messages.values.reduce(0, +) == 4)
        fixture.queued.clock.now += 3_600_001
        try await fixture.hear("HELP", "SM99")
        #expect(try await fixture.answers().count == 1)
    }

    @Test("to start again is heard from who was erased, and is not answered while a lawyer speaks for them")
    func erased() async throws {
        let fixture = try await Fixture()
        let database = fixture.queued.database
        _ = try await Installation.secret(database)
        _ = try await PersonStops(database).put(.attorney, brand: nil, note: nil, of: "+12025550123", by: "ada")
        try await fixture.hear("STOP", "SM1")
        _ = try await fixture.answers()
        fixture.queued.clock.now += 300_000
        _ = try await fixture.answers()
        let sms = OptOut.Scope(channel: .sms)
        #expect(try await fixture.queued.optOuts.covering("+12025550123").map(\.scope) == [sms])
        try await fixture.queued.database.write(.power) {
            try OptOuts.hide("+12025550123", try AddressHash($0), $0)
        }
        #expect(try await fixture.queued.optOuts.list(limit: 9).map(\.isErased) == [true])
        try await fixture.hear("START", "SM2")
        #expect(try await fixture.queued.optOuts.covering("+12025550123").isEmpty)
        #expect(try await fixture.answers() == [])
    }

    @Test("and is a no is kept as it came, beyond what else is posted")
    func proof() async throws {
        let fixture = try await Fixture()
        try await fixture.hear("STOP", "SM1")
        try await fixture.hear("thanks", "SM2")
        try await fixture.log.forgetRaw(before: .max)
        #expect(try await fixture.log.prune(before: .max, limit: 10) == 1)
        let left = Statement("SELECT count(*) FROM hook WHERE raw IS NOT NULL")
        #expect(try await fixture.queued.database.read { try $0.first(left) { $0.integer(0) } } == 1)
    }

    @Test("is not answered where the brand has switched that off")
    func off() async throws {
        let fixture = try await Fixture(["SM-08": false, "SM-06": false])
        try await fixture.hear("STOP", "SM1")
        #expect(try await fixture.answers() == [])
        #expect(try await fixture.queued.optOuts.covering("+12025550123").count == 1)
    }
}

@Suite("How texts say how to stop")
struct StopWordingTests {
    @Test(
        "the first to somebody does, the next does not, and one after a month does again; one that never left has told nobody"
    )
    func interval() async throws {
        let fixture = try await QueueFixture()
        let day: Int64 = 86_400_000
        func send(_ outcome: Outcome = .accepted("ok"), to: String = "+12025550123") async throws -> Bool? {
            _ = try await fixture.queue.enqueue([QueueFixture.message(to: to, channel: .sms)])
            let handOff = try await fixture.claim(.sms).first
            if let handOff { try await fixture.settle(handOff, outcome) }
            return handOff?.tellsStop
        }
        #expect(try await send(.rejected(.permanent, "no")) == true)
        #expect(try await send() == true, "the first never arrived")
        #expect(try await send() == false)
        #expect(try await send(to: "+12025550124") == true)
        fixture.clock.now += 29 * day
        #expect(try await send() == false)
        fixture.clock.now += day
        #expect(try await send() == true)
        #expect(try await send() == false)
    }

    @Test("a retry says the same as the first attempt")
    func retry() async throws {
        let fixture = try await QueueFixture()
        _ = try await fixture.queue.enqueue([QueueFixture.message(to: "+12025550123", channel: .sms)])
        let first = try #require(try await fixture.claim(.sms).first)
        try await fixture.settle(first, .retry(.temporary, "later"))
        fixture.clock.now += 86_400_000
        let again = try #require(try await fixture.claim(.sms).first)
        #expect(first.tellsStop && again.tellsStop)
    }

    @Test(
        "in the message's language, once, and with a link where nobody can answer",
        arguments: [
            ("Pay now.\n", true, "Pay now.\nReply STOP to stop texts."),
            ("Pay now. Reply STOP to end.", true, "Pay now. Reply STOP to end."),
            ("Pay now.", false, "Pay now.\nYou can stop these messages: https://d.example/u/"),
        ]
    )
    func words(text: String, takesReplies: Bool, expected: String) throws {
        let composer = Composer(
            library: TemplateLibrary(folder: "/nonexistent"),
            brands: try Brand.all([:]),
            secret: "s",
            links: OptOutLinks(publicURL: "https://d.example", tokens: OptOutTokens(secrets: [0: "s"])),
            textsTakeReplies: takesReplies
        )
        let message = QueueFixture.message(to: "+12025550123", words: text, channel: .sms)
        let document = try JSONValue.parse(message.document)
        let plan = try composer.plan(document, channel: .sms)
        guard case .parts(let parts) = try composer.render(plan, id: 1, tellsStop: true).words else {
            Issue.record("no text")
            return
        }
        #expect(String(decoding: parts["sms.txt"] ?? [], as: UTF8.self).hasPrefix(expected))
        guard case .parts(let plain) = try composer.render(plan, id: 1).words else { return }
        #expect(String(decoding: plain["sms.txt"] ?? [], as: UTF8.self) == text)
    }
}
