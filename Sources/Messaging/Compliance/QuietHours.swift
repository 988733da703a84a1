/// When messages may leave: a stretch of each local day, on some days of the week, in every zone that the recipient may be in.
struct SendWindow: Sendable, Equatable {
    /// Minutes after local midnight: from `opens` on, before `closes`; `opens` is the smaller.
    var opens: Int
    var closes: Int
    /// 1 is Monday, 7 Sunday.
    var days: Set<Int> = Set(1...7)
    /// Local dates as `20261225` on which nothing leaves.
    var holidays: Set<Int> = []

    private static let day: Int64 = 86_400_000

    /// Whether it is open at an instant, and until when that holds: where it opens or closes next, or where the zone's clocks
    /// change; `nil` for an unknown zone.
    func state(in zone: String, at time: Int64) -> (isOpen: Bool, until: Int64)? {
        guard let (offset, change) = ZoneClock.offset(zone, at: time) else { return nil }
        let local = time + offset
        let midnight = local - SendWindow.remainder(local, SendWindow.day)
        let (open, close) = (midnight + Int64(opens) * 60_000, midnight + Int64(closes) * 60_000)
        guard isDay(midnight) else { return (false, min(midnight + SendWindow.day - offset, change)) }
        if local < open { return (false, min(open - offset, change)) }
        if local < close { return (true, min(close - offset, change)) }
        return (false, min(midnight + SendWindow.day - offset, change))
    }

    private func isDay(_ midnight: Int64) -> Bool {
        let days = (midnight - SendWindow.remainder(midnight, SendWindow.day)) / SendWindow.day
        // 1 January 1970 was a Thursday.
        let weekday = Int(SendWindow.remainder(days + 3, 7)) + 1
        return self.days.contains(weekday) && (holidays.isEmpty || !holidays.contains(SendWindow.date(days)))
    }

    private static func remainder(_ value: Int64, _ by: Int64) -> Int64 {
        let rest = value % by
        return rest < 0 ? rest + by : rest
    }

    /// A day counted from 1970, as `20261225`.
    static func date(_ day: Int64) -> Int {
        let date = Timestamp.civil(day)
        return Int(date.year * 10_000 + date.month * 100 + date.day)
    }
}

/// Several windows in several zones at once: all of them must be open, at the same instant.
struct QuietHours: Sendable {
    let windows: [SendWindow]
    /// Every one that the recipient may be in.
    let zones: [String]

    /// Beyond this no opening is looked for: some sets of zones and days never open together.
    static let horizon: Int64 = 15 * 86_400_000

    /// Whether all are open at an instant, and until when that may hold.
    func state(at time: Int64) -> (isOpen: Bool, until: Int64) {
        var isOpen = true
        var until = Int64.max
        var closedUntil = Int64.max
        for window in windows {
            for zone in zones {
                // A zone that the system has forgotten counts as UTC.
                guard let state = window.state(in: zone, at: time) ?? window.state(in: "UTC", at: time) else {
                    continue
                }
                until = min(until, state.until)
                if !state.isOpen {
                    isOpen = false
                    closedUntil = min(closedUntil, state.until)
                }
            }
        }
        return (isOpen, isOpen ? until : closedUntil)
    }

    /// The first instant from `time` on at which all are open; `nil` where there is none within ``horizon``.
    func opens(from time: Int64) -> Int64? {
        var time = time
        let last = time + QuietHours.horizon
        while time <= last {
            let (isOpen, until) = state(at: time)
            if isOpen { return time }
            time = max(until, time + 1)
        }
        return nil
    }

    /// When the stretch that is open at `time` ends.
    func closes(from time: Int64) -> Int64 {
        var end = time
        let last = time + QuietHours.horizon
        while end < last {
            let (isOpen, until) = state(at: end)
            guard isOpen else { return end }
            end = until
        }
        return last
    }
}
