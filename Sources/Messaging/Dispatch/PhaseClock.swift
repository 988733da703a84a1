import Glibc

/// Processor time by phase of a message's path, for `work --profile`. Costs nothing while it is off.
struct PhaseClock: Sendable {
    enum Phase: String, CaseIterable, Sendable {
        case database, render, network
    }

    let isOn: Bool
    private(set) var nanoseconds: [Phase: UInt64] = [:]

    init(isOn: Bool) {
        self.isOn = isOn
    }

    /// Processor time of the calling thread.
    static func threadTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    mutating func add(_ nanoseconds: UInt64, to phase: Phase) {
        self.nanoseconds[phase, default: 0] += nanoseconds
    }

    mutating func measure<Result>(_ phase: Phase, _ body: () throws -> Result) rethrows -> Result {
        guard isOn else { return try body() }
        let start = PhaseClock.threadTime()
        defer { add(PhaseClock.threadTime() - start, to: phase) }
        return try body()
    }
}
