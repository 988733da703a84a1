public import Storage
import Synchronization

/// A time of day that stands still until it is moved.
public final class TestClock: Sendable {
    private let time: Mutex<Int64>

    public init(_ time: Int64 = 1_800_000_000_000) {
        self.time = Mutex(time)
    }

    public var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    public var wall: WallClock { WallClock { self.now } }
}
