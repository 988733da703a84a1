/// So many a second, with so many at once: in any span of T seconds at most `burst + perSecond × T`.
public struct RateLimit: Sendable, Equatable {
    public var perSecond: Double
    /// At least 1.
    public var burst: Int

    public init(perSecond: Double, burst: Int) {
        self.perSecond = perSecond
        self.burst = max(1, burst)
    }
}

/// What is left of a ``RateLimit``: a bucket that fills with time. It begins empty, so that a process that starts again gets
/// no second burst. Time is monotonic nanoseconds.
struct RateBucket: Sendable {
    let limit: RateLimit
    /// May be negative: what costs more than was left is paid off afterwards.
    private var level: Double
    private var filledAt: UInt64

    init(_ limit: RateLimit, now: UInt64) {
        self.limit = limit
        level = 0
        filledAt = now
    }

    private func level(at now: UInt64) -> Double {
        min(Double(limit.burst), level + Double(now - min(filledAt, now)) / 1e9 * limit.perSecond)
    }

    /// How many may start now.
    func room(now: UInt64) -> Int { max(0, Int(level(at: now))) }

    func isFull(now: UInt64) -> Bool { level(at: now) >= Double(limit.burst) }

    mutating func take(_ cost: Int, now: UInt64) {
        level = level(at: now) - Double(cost)
        filledAt = max(filledAt, now)
    }

    /// Nanoseconds until one may start; 0 where one may.
    func wait(now: UInt64) -> UInt64 {
        let missing = 1 - level(at: now)
        return missing <= 0 ? 0 : UInt64(min(missing / limit.perSecond * 1e9, 1e17)) + 1
    }
}
