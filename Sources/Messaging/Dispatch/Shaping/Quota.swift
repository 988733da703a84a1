import Foundation

/// What a worker holds of a ``LimitRule/Quota`` in the hour or day that runs. Time is milliseconds since 1970, UTC.
struct QuotaState: Sendable {
    let quota: LimitRule.Quota
    private let calendar: Calendar
    private(set) var began: Int64 = .min
    private(set) var ends: Int64 = .min
    /// Granted and not used; below 0 where something cost more than was known before.
    private(set) var left = 0
    /// Nothing more is to be had before ``ends``.
    private(set) var isExhausted = false
    private(set) var isAsking = false

    /// Unknown zones do not pass the configuration; should the system have forgotten one, it counts as UTC.
    init(_ quota: LimitRule.Quota) {
        self.quota = quota
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: quota.zone) ?? .gmt
        self.calendar = calendar
    }

    /// So much is asked for at a time: a crash forgets at most that.
    var portion: Int {
        quota.dearest.map { max($0, quota.most / 50) } ?? min(1000, max(1, quota.most / 200))
    }

    mutating func room(_ now: Int64) -> Int {
        roll(now)
        return max(0, left / (quota.dearest ?? 1))
    }

    /// When it has something again.
    mutating func waits(until now: Int64) -> Int64 {
        roll(now)
        return isExhausted ? ends : now
    }

    mutating func take(_ count: Int, _ now: Int64) {
        roll(now)
        left -= count
    }

    /// The amount that it wants to be granted now; 0 for none.
    mutating func ask(_ now: Int64) -> Int {
        roll(now)
        guard !isExhausted, !isAsking, left < max((portion + 1) / 2, quota.dearest ?? 0) else { return 0 }
        isAsking = true
        return portion - min(left, 0)
    }

    /// - Parameter began: the hour or day for which it was asked.
    mutating func grant(_ count: Int, of asked: Int, for began: Int64) {
        isAsking = false
        guard began == self.began else { return }
        left += count
        if count < asked { isExhausted = true }
    }

    private mutating func roll(_ now: Int64) {
        guard now < began || now >= ends else { return }
        let date = Date(timeIntervalSince1970: Double(now) / 1000)
        let unit: Calendar.Component = quota.period == .hour ? .hour : .day
        guard let span = calendar.dateInterval(of: unit, for: date) else { return }
        began = Int64((span.start.timeIntervalSince1970 * 1000).rounded())
        ends = Int64((span.end.timeIntervalSince1970 * 1000).rounded())
        left = 0
        isExhausted = false
        isAsking = false
    }
}
