import Glibc
import Synchronization

/// The time of day: milliseconds since 1970, UTC. A test gives its own.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Int64

    public init(_ read: @escaping @Sendable () -> Int64) {
        self.read = read
    }

    public func now() -> Int64 { read() }

    /// The machine's clock as it stands.
    public static let system = WallClock { milliseconds(CLOCK_REALTIME) }

    /// The machine's clock without its leaps, for a process that runs long; see ``SteadyTime``.
    public static func steady() -> WallClock {
        let time = Mutex(SteadyTime(wall: milliseconds(CLOCK_REALTIME), monotonic: milliseconds(CLOCK_BOOTTIME)))
        return WallClock {
            time.withLock { $0.now(wall: milliseconds(CLOCK_REALTIME), monotonic: milliseconds(CLOCK_BOOTTIME)) }
        }
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
