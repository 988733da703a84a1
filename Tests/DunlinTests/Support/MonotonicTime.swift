import Dispatch

/// Nanoseconds of CLOCK_MONOTONIC, which the servers of the tests tell too.
enum MonotonicTime {
    static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}
