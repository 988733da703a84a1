/// The time of day without the leaps of a wall clock that is set wrong for a while.
///
/// Between looks the wall clock moves as the monotonic one does. When it leaps by more than ``tolerance``, either way, time
/// goes on as if it had not, until the new time has stood for ``patience``: a clock that was wrong for a minute then has
/// expired nothing, forgotten nothing and repeated nothing.
struct SteadyTime {
    /// Milliseconds, as all here.
    static let tolerance: Int64 = 60_000
    static let patience: Int64 = 300_000

    private var base: (wall: Int64, monotonic: Int64)
    /// A leap that has not stood long enough yet: how far, and since when (monotonic).
    private var leap: (distance: Int64, since: Int64)?

    init(wall: Int64, monotonic: Int64) {
        base = (wall, monotonic)
    }

    mutating func now(wall: Int64, monotonic: Int64) -> Int64 {
        let expected = base.wall + (monotonic - base.monotonic)
        let distance = wall - expected
        guard abs(distance) > SteadyTime.tolerance else {
            base = (wall, monotonic)
            leap = nil
            return wall
        }
        if let leap, abs(distance - leap.distance) <= SteadyTime.tolerance {
            guard monotonic - leap.since < SteadyTime.patience else {
                base = (wall, monotonic)
                self.leap = nil
                return wall
            }
        } else {
            leap = (distance, monotonic)
        }
        return expected
    }
}
