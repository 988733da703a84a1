/// A limit of so many a second, with a burst of one second's worth. Time is monotonic nanoseconds.
///
/// A request larger than the burst passes when the bucket is full, and is paid off afterwards.
struct TokenBucket {
    /// At least 1.
    var rate: Int
    private var level: Double
    private var filledAt: UInt64

    init(rate: Int, now: UInt64) {
        self.rate = rate
        level = Double(rate)
        filledAt = now
    }

    /// - Returns: `nil` when they may come, else the whole seconds until they may.
    mutating func take(_ count: Int, now: UInt64) -> Int? {
        level = min(Double(rate), level + Double(now - min(filledAt, now)) / 1e9 * Double(rate))
        filledAt = now
        let needed = min(Double(count), Double(rate))
        guard level >= needed else { return max(1, Int(((needed - level) / Double(rate)).rounded(.up))) }
        level -= Double(count)
        return nil
    }
}
