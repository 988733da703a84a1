import TestSupport
import Testing

@testable import Messaging

@Suite("The rate of a lane")
struct RateLimitTests {
    private static let second: UInt64 = 1_000_000_000

    @Test(
        "is kept in every span of time, however the demand comes, over hours of virtual time",
        arguments: [(0.1, 1), (1.0, 1), (1.0, 30), (7.5, 8), (100.0, 10), (1000.0, 1000)] as [(Double, Int)]
    )
    func neverMore(perSecond: Double, burst: Int) {
        var random = SeededGenerator(seed: UInt64(burst) * 31 + UInt64(perSecond * 10))
        var bucket = RateBucket(RateLimit(perSecond: perSecond, burst: burst), now: 0)
        var now: UInt64 = 0
        var starts: [UInt64] = []
        let end = UInt64(Double(20_000) / perSecond * 1e9)
        while now < end {
            // Idle spells, steady demand and rushes.
            let pause =
                UInt64.random(in: 0...3, using: &random) == 0
                ? Double(burst) * 2 : Double.random(in: 0...1, using: &random)
            now += UInt64(pause / perSecond * 1e9)
            let wanted = Int.random(in: 1...(burst * 2), using: &random)
            let begun = min(bucket.room(now: now), wanted)
            if begun > 0 { bucket.take(begun, now: now) }
            starts += Array(repeating: now, count: begun)
        }
        #expect(starts.count > 1000)
        // The span from the i-th start to the j-th holds j - i + 1 of them.
        for length in [1, 2, burst, burst * 2, 500] where length < starts.count {
            for first in 0..<(starts.count - length) {
                let span = Double(starts[first + length] - starts[first]) / 1e9
                let most = Double(burst) + perSecond * span
                guard Double(length + 1) > most + 1e-6 else { continue }
                Issue.record("\(length + 1) starts in \(span) s, where \(most) are allowed")
                return
            }
        }
    }

    @Test("is used up by steady demand, so that nothing is lost to rounding")
    func reaches() {
        var bucket = RateBucket(RateLimit(perSecond: 3, burst: 3), now: 0)
        var begun = 0
        for millisecond in 0..<3_600_000 where bucket.room(now: UInt64(millisecond) * 1_000_000) > 0 {
            bucket.take(1, now: UInt64(millisecond) * 1_000_000)
            begun += 1
        }
        #expect((10_795...10_800).contains(begun))
    }

    @Test("a start of the process is no second burst")
    func begins() {
        let bucket = RateBucket(RateLimit(perSecond: 10, burst: 10), now: 5 * Self.second)
        #expect(bucket.room(now: 5 * Self.second) == 0)
        #expect(bucket.room(now: 5 * Self.second + Self.second / 2) == 5)
        #expect(bucket.room(now: 60 * Self.second) == 10)
    }

    @Test("what costs more than is left is paid off before the next, and the wait for it is known")
    func debt() {
        var bucket = RateBucket(RateLimit(perSecond: 2, burst: 4), now: 0)
        let full = 10 * Self.second
        bucket.take(6, now: full)
        #expect(bucket.room(now: full) == 0)
        #expect(bucket.wait(now: full) == 3 * Self.second / 2 + 1)
        #expect(bucket.room(now: full + bucket.wait(now: full)) == 1)
        #expect(bucket.wait(now: full + 2 * Self.second) == 0)
    }

    @Test(
        "is written with its unit",
        arguments: [
            ("10/s", 10.0), ("600/min", 10), ("600/m", 10), ("36000/h", 10), ("864000/d", 10), ("0.5/s", 0.5),
            ("10", nil), ("10/", nil), ("/s", nil), ("-1/s", nil), ("0/s", nil), ("10/week", nil), ("ten/s", nil),
            ("nan/s", nil), ("inf/s", nil), ("9999999/s", nil),
        ] as [(String, Double?)]
    )
    func written(text: String, perSecond: Double?) {
        #expect(RateSettings(text)?.perSecond == perSecond)
    }

    @Test("a burst is what a second allows unless it is given, and means nothing alone")
    func burst() throws {
        #expect(try RateSettings.limit(RateSettings("10/s"), burst: nil, "t") == RateLimit(perSecond: 10, burst: 10))
        #expect(try RateSettings.limit(RateSettings("6/min"), burst: nil, "t") == RateLimit(perSecond: 0.1, burst: 1))
        #expect(try RateSettings.limit(nil, burst: nil, "t") == nil)
        #expect(throws: Rejection.self) { try RateSettings.limit(nil, burst: 5, "t") }
        #expect(throws: Rejection.self) { try RateSettings.limit(RateSettings("10/s"), burst: 0, "t") }
    }
}
