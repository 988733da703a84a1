import Testing

@testable import Messaging

@Suite("The gate")
struct GateTests {
    private static let now: Int64 = 1_000_000

    private static func message(expires: Int64? = nil) -> Gate.Facts {
        Gate.Facts(
            channel: .email,
            brand: "acme",
            category: "transactional",
            addressKey: "ada@example.com",
            expires: expires
        )
    }

    private static func optOut(_ scope: OptOut.Scope = .init(), key: String = "ada@example.com") -> OptOut {
        OptOut(id: 1, addressKey: key, scope: scope, address: key, source: "cli", note: nil, at: 0)
    }

    @Test(
        "a message that nothing forbids may go",
        arguments: [nil, now + 1, .max] as [Int64?]
    )
    func send(expires: Int64?) {
        #expect(Gate.decide(Self.message(expires: expires), optOuts: [], now: Self.now) == .send)
        #expect(
            Gate.decide(Self.message(expires: expires), optOuts: [Self.optOut(key: "eve@example.com")], now: Self.now)
                == .send
        )
    }

    @Test("a message is late from the very time of its expiry", arguments: [now, now - 1, 0, .min] as [Int64])
    func expire(expires: Int64) {
        #expect(Gate.decide(Self.message(expires: expires), optOuts: [], now: Self.now) == .expire)
    }

    @Test("an opt-out that covers it blocks it, and its scope and source are the reason")
    func block() {
        #expect(
            Gate.decide(Self.message(), optOuts: [Self.optOut()], now: Self.now)
                == .block("opted out of everything (cli)", rule: "OPT-OUT")
        )
        let scope = OptOut.Scope(channel: .email, brand: "acme", category: "transactional")
        #expect(
            Gate.decide(Self.message(), optOuts: [Self.optOut(scope)], now: Self.now)
                == .block("opted out of channel email, brand acme, category transactional (cli)", rule: "OPT-OUT")
        )
    }

    @Test("the first opt-out that covers it is the reason, and the ones that do not are passed over")
    func first() {
        let others = [Self.optOut(.init(channel: .sms)), Self.optOut(key: "eve@example.com")]
        let covering = [Self.optOut(.init(brand: "acme")), Self.optOut()]
        #expect(
            Gate.decide(Self.message(), optOuts: others + covering, now: Self.now)
                == .block("opted out of brand acme (cli)", rule: "OPT-OUT")
        )
    }

    @Test("a no comes before lateness")
    func order() {
        let verdict = Gate.decide(Self.message(expires: 0), optOuts: [Self.optOut()], now: Self.now)
        #expect(verdict == .block("opted out of everything (cli)", rule: "OPT-OUT"))
    }

    @Test("a verdict ends a message in the state that it says")
    func ends() {
        #expect(Gate.Verdict.send.end == nil)
        #expect(Gate.Verdict.block("no", rule: "OPT-OUT").end?.state == .blocked)
        #expect(Gate.Verdict.block("no", rule: "OPT-OUT").end?.reason == "no")
        #expect(Gate.Verdict.expire.end?.state == .expired)
        #expect(Gate.Verdict.expire.end?.reason == "expired before it could be sent")
    }
}
