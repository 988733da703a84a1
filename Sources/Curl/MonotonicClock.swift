import Glibc

/// A clock that never goes back and counts on while the machine is suspended.
public enum MonotonicClock {
    /// Nanoseconds since boot (`CLOCK_BOOTTIME`).
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
