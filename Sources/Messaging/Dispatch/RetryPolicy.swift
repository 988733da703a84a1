/// When a message goes again after a failure that may pass.
///
/// The n-th retry waits `first × factor^(n-1)`, at most `max`; half of it is jitter, so the wait lies between half and all
/// of that. A longer wait that the other side asks for is kept.
public struct RetryPolicy: Sendable, Equatable {
    /// Milliseconds, as all here.
    public var first: Int64
    public var factor: Double
    public var max: Int64
    /// No attempt starts later than this after the message was first due.
    public var giveUp: Int64

    public init(
        first: Int64 = 60_000,
        factor: Double = 2,
        max: Int64 = 4 * 3_600_000,
        giveUp: Int64 = 3 * 86_400_000
    ) {
        self.first = first
        self.factor = factor
        self.max = max
        self.giveUp = giveUp
    }

    /// - Parameters:
    ///   - attempt: how many attempts have failed, from 1.
    ///   - random: from 0 up to 1.
    ///   - asked: the wait that the other side asked for.
    public func delay(afterAttempt attempt: Int, random: Double, asked: Int64? = nil) -> Int64 {
        var full = Double(first)
        for _ in 1..<Swift.max(attempt, 1) where full < Double(max) { full *= factor }
        full = Swift.min(full, Double(max))
        return Swift.max(Int64(full / 2 + full / 2 * random), Swift.min(asked ?? 0, giveUp))
    }
}

/// What is done with a message of which nobody knows whether it arrived.
public enum UncertainPolicy: String, Sendable, Codable, CaseIterable {
    /// Send it again, under the same Message-ID: perhaps twice, never not at all.
    case retry
    /// Keep it for a person to decide.
    case hold
}
