import Dispatch
import Glibc

/// Nanoseconds of CLOCK_MONOTONIC, which the servers of the tests tell too.
enum MonotonicTime {
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
