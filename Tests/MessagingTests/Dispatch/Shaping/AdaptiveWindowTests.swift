import Testing

@testable import Messaging

@Suite("A lane's window")
struct AdaptiveWindowTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("is halved once for what was on the wire together, and never below one")
    func decrease() {
        var window = AdaptiveWindow(ceiling: 64)
        #expect(window.limit == nil)
        for _ in 0..<20 { window.congested(now: Self.second) }
        #expect(window.limit == 32)
        for turn in 2..<20 { window.congested(now: UInt64(turn) * Self.second * 2) }
        #expect(window.limit == 1)
    }

    @Test("grows by one for each round that goes well")
    func increase() {
        var window = AdaptiveWindow(ceiling: 64)
        window.congested(now: Self.second)
        window.worked(32, now: Self.second)
        #expect(window.limit == 32 || window.limit == 33)
        window.worked(33 * 10, now: Self.second)
        #expect((40...43).contains(window.limit ?? 64))
        window.worked(100_000, now: Self.second)
        #expect(window.limit == nil)
    }

    @Test("begins low after a silence, and doubles")
    func silence() {
        var window = AdaptiveWindow(ceiling: 64)
        window.worked(1, now: Self.second)
        window.resume(70 * Self.second)
        #expect(window.limit == 16)
        window.worked(16, now: 70 * Self.second)
        #expect(window.limit == 32)
        window.worked(32, now: 70 * Self.second)
        #expect(window.limit == nil)
    }

    /// A server that takes `capacity` at once, and says so when it is offered more, for hours of virtual time.
    @Test("comes to stand near what the other side can bear, and follows it", arguments: [5, 20, 50])
    func converges(_ capacity: Int) {
        var window = AdaptiveWindow(ceiling: 64)
        var offered: [Int] = []
        var refused = 0
        for round in 0..<7200 {
            let now = UInt64(round + 1) * Self.second / 2
            let capacity = round < 3600 ? capacity : capacity / 2 + 1
            let size = window.limit ?? 64
            if size > capacity {
                window.congested(now: now)
                refused += 1
            } else {
                window.worked(size, now: now)
            }
            if round > 200, round < 3600 { offered.append(size) }
        }
        let mean = Double(offered.reduce(0, +)) / Double(offered.count)
        #expect(mean >= Double(capacity) * 0.6 && mean <= Double(capacity) + 1)
        #expect(refused < 7200 / 2)
        #expect((window.limit ?? 64) <= capacity / 2 + 2)
    }
}
