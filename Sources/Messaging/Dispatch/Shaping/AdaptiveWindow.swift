/// How many deliveries a lane dares to have on the wire: it grows by one for each round that goes well, and is halved when
/// the other side is overloaded (additive increase, multiplicative decrease: Chiu and Jain, 1989). After a silence it begins
/// low and doubles, as the other side may have changed meanwhile.
///
/// Time is monotonic nanoseconds.
struct AdaptiveWindow: Sendable {
    let ceiling: Double
    private(set) var size: Double
    /// Below it the window doubles each round.
    private var threshold: Double
    private var cutAt: UInt64 = 0
    private var heardAt: UInt64?

    static let floor = 1.0
    /// What was on the wire together complains once.
    static let cutOnce: UInt64 = 1_000_000_000
    static let silence: UInt64 = 60_000_000_000

    init(ceiling: Int) {
        self.ceiling = max(1, Double(ceiling))
        size = self.ceiling
        threshold = self.ceiling
    }

    /// How many may be on the wire; `nil` while nothing narrows it.
    var limit: Int? { size >= ceiling ? nil : max(1, Int(size)) }

    mutating func worked(_ count: Int, now: UInt64) {
        resume(now)
        guard size < ceiling else { return }
        for _ in 0..<min(count, 4096) where size < ceiling { size += size < threshold ? 1 : 1 / size }
        size = min(size, ceiling)
    }

    mutating func congested(now: UInt64) {
        resume(now)
        guard cutAt == 0 || now - min(now, cutAt) >= AdaptiveWindow.cutOnce else { return }
        cutAt = now
        size = max(AdaptiveWindow.floor, size / 2)
        threshold = size
    }

    /// Something is about to start.
    mutating func resume(_ now: UInt64) {
        defer { heardAt = now }
        guard let heardAt, now - min(now, heardAt) >= AdaptiveWindow.silence else { return }
        threshold = max(threshold, size)
        size = max(AdaptiveWindow.floor, min(size, ceiling / 4))
    }
}
