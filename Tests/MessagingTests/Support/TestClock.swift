import Storage
import Synchronization

/// A time of day that stands still until it is moved.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64 = 1_800_000_000_000) {
        self.time = Mutex(time)
    }

    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    var wall: WallClock { WallClock { self.now } }
}
