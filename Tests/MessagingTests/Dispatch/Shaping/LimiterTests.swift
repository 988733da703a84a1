import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A limit")
struct LimiterTests {
    private static let second: UInt64 = 1_000_000_000
    /// 2026-03-08T09:30:00Z: in Los Angeles the night in which an hour is left out.
    private static let springForward: Int64 = 1_772_962_200_000

    @Test("never lets more pass in any span than burst and rate allow, over hours of virtual time", arguments: 0..<10)
    func window(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let rate = Double(Int.random(in: 1...50, using: &random)) / 5
        let burst = Int.random(in: 1...20, using: &random)
        let rule = LimitRule(name: "x", rate: RateLimit(perSecond: rate, burst: burst))
        var limiter = Limiter(channel: .email, name: "limit:x", rule: rule, since: 0)
        var starts: [UInt64] = []
        var now: UInt64 = 0
        while now < 2 * 3600 * Self.second, starts.count < 20_000 {
            for _ in 0..<min(limiter.room(now, 0), Int.random(in: 0...30, using: &random)) {
                limiter.begin(now, 0)
                starts.append(now)
            }
            now += UInt64.random(in: 1...(3 * Self.second), using: &random)
        }
        #expect(starts.count > 1000)
        for first in stride(from: 0, to: starts.count, by: 7) {
            for span in [0, 1, 5, 60] where first + burst + Int(rate * Double(span)) + 1 < starts.count {
                let next = starts[first + burst + Int(rate * Double(span)) + 1]
                #expect(next - starts[first] >= UInt64(span) * Self.second)
            }
        }
    }

    @Test("counts what is on the wire")
    func concurrency() {
        var limiter = Limiter(channel: .email, name: "limit:x", rule: LimitRule(name: "x", concurrency: 2), since: 0)
        limiter.begin(0, 0)
        limiter.begin(0, 0)
        #expect(limiter.room(0, 0) == 0)
        limiter.end()
        #expect(limiter.room(0, 0) == 1)
    }

    @Test("by the day begins anew at midnight of its time zone, also where the day has 23 hours")
    func day() {
        let quota = LimitRule.Quota(most: 400, period: .day, zone: "America/Los_Angeles")
        var state = QuotaState(quota)
        let hour: Int64 = 3_600_000
        #expect(state.ask(Self.springForward) == 2)
        // The day began at 08:00Z (standard time) and ends at 07:00Z (daylight saving time).
        #expect(state.began == Self.springForward - 3 * hour / 2)
        #expect(state.ends - state.began == 23 * hour)
        state.grant(2, of: 2, for: state.began)
        state.take(2, Self.springForward)
        #expect(state.room(Self.springForward) == 0)
        #expect(state.ask(Self.springForward) == 2)
        state.grant(0, of: 2, for: state.began)
        #expect(state.isExhausted && state.ask(Self.springForward) == 0)
        #expect(state.waits(until: Self.springForward) == state.ends)
        let ends = state.ends
        #expect(state.ask(ends) == 2)
        #expect(state.began == ends)
    }

    @Test("by the day is never exceeded, whatever is granted late or lost in a crash")
    func quota() async throws {
        let fixture = try await QueueFixture()
        let quota = LimitRule.Quota(most: 1000, period: .hour, zone: "UTC")
        var sent = 0
        for _ in 0..<100 {
            // Each life of the worker ends in the middle.
            var state = QuotaState(quota)
            for _ in 0..<7 {
                let now = fixture.clock.now
                let amount = state.ask(now)
                if amount > 0 {
                    let wish = Reservation(channel: .sms, name: "x", began: state.began, amount: amount, most: 1000)
                    let granted = try await fixture.database.write(.process) { try wish.take($0) }
                    state.grant(granted, of: amount, for: state.began)
                }
                let count = min(2, state.room(now))
                state.take(count, now)
                sent += count
            }
        }
        #expect(sent <= 1000 && sent >= 500)
    }
}
