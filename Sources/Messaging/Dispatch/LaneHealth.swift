import Curl

/// How much of its part a lane is trusted with, beside others of its channel: 1 while it works, less and less while many of its
/// deliveries fail or their receipts stay out, and slowly more again.
///
/// One error changes nothing. Time is monotonic nanoseconds.
struct LaneHealth: Sendable, Equatable {
    /// From ``floor`` to 1.
    private(set) var value = 1.0
    private var good = 0
    private var bad = 0
    private var began: UInt64 = 0
    private var failingInARow = 0

    /// What it always gets, so that its recovery is seen.
    static let floor = 0.05
    /// Deliveries are judged together over at least this time, and at least so many of them.
    static let period: UInt64 = 10_000_000_000
    static let least = 5
    /// A period is a failing one when so much of it failed.
    static let failing = 0.2
    /// So many failing periods in a row take half of the trust, and so does each one more.
    static let patience = 3
    /// What each good period gives back: all of it within some 8 minutes.
    static let recovery = 0.02
    /// Receipts are judged by at least so many messages, of which more than half have none.
    static let receipts = (least: 20, missing: 0.5)

    var isWhole: Bool { value == 1 }

    mutating func take(_ sign: Breaker.Sign, now: UInt64) {
        if began == 0 { began = now }
        switch sign {
        case .working, .policy: good += 1
        case .connectFailed, .congested: bad += 1
        case .throttled, .ourFault: return
        }
        guard good + bad >= LaneHealth.least, now - min(now, began) >= LaneHealth.period else { return }
        let part = Double(bad) / Double(good + bad)
        (good, bad, began) = (0, 0, now)
        guard part >= LaneHealth.failing else {
            failingInARow = 0
            value = min(1, value + LaneHealth.recovery)
            return
        }
        failingInARow += 1
        if failingInARow >= LaneHealth.patience { halve() }
    }

    /// Its breaker has opened: what it gets again afterwards comes back slowly.
    mutating func opened() { halve() }

    /// Of `expected` messages that it took some time ago, `missing` have no receipt.
    mutating func take(receiptsOf expected: Int, missing: Int) {
        guard expected >= LaneHealth.receipts.least else { return }
        if Double(missing) > Double(expected) * LaneHealth.receipts.missing { halve() }
    }

    private mutating func halve() { value = max(LaneHealth.floor, value / 2) }
}

/// How a channel's messages are divided among its lanes.
enum LaneSplit {
    /// The part of each lane. With weights, each has its own; without, the first has all but what it is not trusted with, of
    /// which the next has all but what it is not trusted with, and so on.
    ///
    /// - Parameter lanes: those that could take a message, in order of preference.
    static func parts(_ lanes: [(weight: Double?, health: Double)]) -> [Double] {
        if lanes.contains(where: { $0.weight != nil }) {
            let weights = lanes.map { ($0.weight ?? 1) * $0.health }
            let sum = weights.reduce(0, +)
            if sum > 0 { return weights.map { $0 / sum } }
        }
        var rest = 1.0
        return lanes.enumerated().map { index, lane in
            let part = index == lanes.count - 1 ? rest : rest * lane.health
            rest -= part
            return part
        }
    }

    /// Takes the next of many so that each gets its part, evenly mixed.
    ///
    /// - Parameter credits: what each has waited for so far.
    static func next(_ parts: [Double], _ credits: inout [Double]) -> Int {
        var best = 0
        for index in parts.indices {
            credits[index] += parts[index]
            if credits[index] > credits[best] { best = index }
        }
        credits[best] -= 1
        return best
    }
}
