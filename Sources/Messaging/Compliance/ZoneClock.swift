import Foundation
import Synchronization

/// Local times of zones, remembered from one change of the clocks to the next. Time is milliseconds since 1970, UTC.
enum ZoneClock {
    private struct Stretch {
        let zone: TimeZone
        var from: Int64
        var to: Int64
        var offset: Int64
    }

    private static let stretches = Mutex<[String: Stretch]>([:])

    /// How far a zone is ahead of UTC at an instant, and until when; `nil` for an unknown zone.
    static func offset(_ name: String, at time: Int64) -> (milliseconds: Int64, until: Int64)? {
        stretches.withLock { stretches in
            if let known = stretches[name], known.from <= time, time < known.to { return (known.offset, known.to) }
            guard let zone = stretches[name]?.zone ?? TimeZone(identifier: name) else { return nil }
            let date = Date(timeIntervalSince1970: Double(time) / 1000)
            let next = zone.nextDaylightSavingTimeTransition(after: date)
            let to = next.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) } ?? time + 30 * 86_400_000
            let offset = Int64(zone.secondsFromGMT(for: date)) * 1000
            // What lies before is asked again: a transition may be there.
            stretches[name] = Stretch(zone: zone, from: time, to: max(to, time + 1), offset: offset)
            return (offset, max(to, time + 1))
        }
    }
}
