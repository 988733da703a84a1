import Glibc

/// Processor time by phase of a message's path, for `work --profile`. Costs nothing while it is off.
struct PhaseClock: Sendable {
    enum Phase: String, CaseIterable, Sendable {
        case claim, render, mime, settle
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
        guard isOn else { return }
        self.nanoseconds[phase, default: 0] += nanoseconds
    }
}
