import TestSupport
import Testing

@testable import Messaging

@Suite("A lane's breaker")
struct BreakerTests {
    private static let second: UInt64 = 1_000_000_000

    private static func failed(_ times: Int, at now: UInt64 = 0) -> Breaker {
        var breaker = Breaker()
        for _ in 0..<times { breaker.take(.connectFailed("refused"), now: now) }
        return breaker
    }

    @Test(
        "a closed one has room for as many as the lane can start",
        arguments: [(10, 0, 10), (10, 4, 6), (10, 10, 0), (10, 12, 0)]
    )
    func closed(limit: Int, outstanding: Int, room: Int) {
        #expect(Breaker().room(limit, outstanding: outstanding, now: 0) == room)
    }

    @Test("three connections in a row that fail open it, and what works begins the count anew")
    func connections() {
        #expect(Self.failed(2).state == .closed)
        #expect(Self.failed(3).state == .open(until: Self.second))
        #expect(Self.failed(3).reason == "refused")
        var breaker = Self.failed(2)
        breaker.take(.working, now: 0)
        breaker.take(.connectFailed("refused"), now: 0)
        #expect(breaker.state == .closed)
    }

    @Test("refused credentials open it at once, for longer")
    func credentials() {
        var breaker = Breaker()
        breaker.take(.ourFault("535 no"), now: 5)
        #expect(breaker.state == .open(until: 30 * Self.second + 5))
        #expect(breaker.reason == "535 no")
        #expect(breaker.isOpen)
    }

    @Test("one refusal by policy says little, twenty in a row say that it is us")
    func policy() {
        var breaker = Breaker()
        for _ in 0..<19 { breaker.take(.policy, now: 0) }
        #expect(breaker.state == .closed)
        breaker.take(.working, now: 0)
        for _ in 0..<19 { breaker.take(.policy, now: 0) }
        #expect(breaker.state == .closed)
        breaker.take(.policy, now: 0)
        #expect(breaker.state == .open(until: 30 * Self.second))
        #expect(breaker.reason?.contains("refused by policy") == true)
    }

    @Test("an open one has no room until its wait is over, then for one, and only while nothing else is on its way")
    func room() {
        var breaker = Self.failed(3)
        #expect(breaker.room(10, outstanding: 0, now: Self.second - 1) == 0)
        #expect(breaker.room(10, outstanding: 1, now: Self.second) == 0)
        #expect(breaker.room(10, outstanding: 0, now: Self.second) == 1)
        #expect(breaker.room(0, outstanding: 0, now: Self.second) == 0)
        breaker.begin()
        #expect(breaker.state == .probing)
        #expect(breaker.room(10, outstanding: 1, now: Self.second) == 0)
        #expect(breaker.room(10, outstanding: 0, now: Self.second) == 1)
    }

    @Test("a start changes nothing while it is closed")
    func begin() {
        var breaker = Breaker()
        breaker.begin()
        #expect(breaker.state == .closed)
    }

    @Test("it closes when the one that tries goes, and forgets what was")
    func closes() {
        var breaker = Self.failed(3)
        breaker.begin()
        breaker.take(.working, now: Self.second)
        #expect(breaker.state == .closed)
        #expect(breaker.reason == nil)
        #expect(breaker.room(10, outstanding: 0, now: Self.second) == 10)
        #expect(Self.failed(3).state == .open(until: Self.second))
    }

    @Test(
        "each try that fails doubles the wait, up to the longest",
        arguments: [
            (Breaker.Sign.connectFailed("refused"), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60] as [UInt64]),
            (.ourFault("535"), [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900, 900]),
        ]
    )
    func doubles(sign: Breaker.Sign, waits: [UInt64]) {
        var breaker = Breaker()
        var now: UInt64 = 0
        breaker.take(sign, now: now)
        if sign == .connectFailed("refused") {
            breaker.take(sign, now: now)
            breaker.take(sign, now: now)
        }
        for wait in waits {
            guard breaker.state == .open(until: now + wait * Self.second) else {
                Issue.record("\(breaker.state) at \(now), a wait of \(wait) s was expected")
                return
            }
            now += wait * Self.second
            #expect(breaker.room(10, outstanding: 0, now: now) == 1)
            breaker.begin()
            breaker.take(sign, now: now)
        }
    }

    @Test("a try that is refused by policy opens it again at once")
    func policyProbe() {
        var breaker = Breaker()
        for _ in 0..<20 { breaker.take(.policy, now: 0) }
        breaker.begin()
        breaker.take(.policy, now: 30 * Self.second)
        #expect(breaker.state == .open(until: 90 * Self.second))
    }

    @Test("what others report while it is open changes its words and not its wait")
    func whileOpen() {
        var breaker = Self.failed(3)
        breaker.take(.connectFailed("reset"), now: Self.second / 2)
        breaker.take(.ourFault("535"), now: Self.second / 2)
        #expect(breaker.state == .open(until: Self.second))
        #expect(breaker.reason == "535")
        breaker.take(.policy, now: Self.second / 2)
        #expect(breaker.state == .open(until: Self.second))
    }

    @Test("one that was sent before it opened and went well closes it")
    func early() {
        var breaker = Self.failed(3)
        breaker.take(.working, now: 1)
        #expect(breaker.state == .closed)
    }

    @Test("whatever is reported in whatever order, an open one always lets one try in the end")
    func random() {
        for seed in TestSize.seeds(20) {
            var generator = SeededGenerator(seed: seed)
            var breaker = Breaker()
            var now: UInt64 = 0
            for _ in 0..<300 {
                now += UInt64.random(in: 0...2 * Self.second, using: &generator)
                let signs: [Breaker.Sign] = [.working, .connectFailed("x"), .ourFault("y"), .policy]
                if breaker.room(5, outstanding: 0, now: now) > 0 { breaker.begin() }
                breaker.take(generator.pick(signs), now: now)
                let later = now + 900 * Self.second
                #expect(
                    breaker.room(5, outstanding: 0, now: later) == (breaker.state == .closed ? 5 : 1),
                    "seed \(seed)"
                )
                #expect((breaker.reason == nil) == (breaker.state == .closed), "seed \(seed)")
            }
        }
    }
}
