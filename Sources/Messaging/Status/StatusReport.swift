/// How the dispatcher stands, read in one consistent look.
public struct StatusReport: Sendable {
    public struct Rate: Sendable {
        /// Attempts by outcome.
        public var lastMinute: [String: Int64] = [:]
        public var lastHour: [String: Int64] = [:]
        /// Attempts that came to an end each minute, the last full one; what a drain is estimated from.
        public var perMinute: Double = 0

        public init(perMinute: Double = 0) {
            self.perMinute = perMinute
        }
    }

    public struct Minute: Sendable {
        /// Minutes since 1970.
        public let number: Int64
        /// Attempts by outcome.
        public internal(set) var outcomes: [String: Int64] = [:]
    }

    /// How much is due on a channel, and since when.
    public struct Depth: Sendable {
        public let waiting: Int64
        public let due: Int64
        public let oldestSeconds: Int64
    }

    public struct Domain: Sendable {
        public let name: String
        public let waiting: Int64
    }

    public struct Problem: Sendable, Equatable {
        public enum Severity: String, Sendable, Codable { case warning, critical }
        public let severity: Severity
        public let what: String
        public let remedy: String
    }

    public internal(set) var now: Int64 = 0
    public internal(set) var messages: [MessageState: Int64] = [:]
    /// Messages that are due and wait, by channel.
    public internal(set) var dueByChannel: [Channel: Int64] = [:]
    /// Messages that have not ended, by state and channel.
    public internal(set) var liveByChannel: [MessageState: [Channel: Int64]] = [:]
    /// Age of each channel's oldest message that is due and waits, seconds.
    public internal(set) var oldestByChannel: [Channel: Int64] = [:]
    /// The last hour and the minute that runs, oldest first.
    public internal(set) var minutes: [Minute] = []
    /// Age of the oldest message that is due and waits, from when it was due; 0 when none does.
    public internal(set) var oldestWaitingSeconds: Int64 = 0
    public internal(set) var accepted: Int64 = 0
    public internal(set) var pruned: Int64 = 0
    public internal(set) var lanes: [LaneReport] = []
    /// Limits that keep something, or that somebody has ordered, the fullest first.
    public internal(set) var limits: [LimitReport] = []
    /// Standing orders that hold now or will.
    public internal(set) var orders: [Pause] = []
    /// Messages that a limit keeps, by channel; they are counted as waiting too.
    public internal(set) var parkedByChannel: [Channel: Int64] = [:]
    /// Held messages that go when another does not arrive.
    public internal(set) var standingBy: Int64 = 0
    public internal(set) var node: NodeReport?
    public internal(set) var isWorking = false
    public internal(set) var domains: [Domain] = []
    public internal(set) var rates: [Channel: Rate] = [:]
    public internal(set) var optOuts: Int64 = 0
    public internal(set) var subscriptions: [Subscription] = []
    /// News that has not become a delivery yet.
    public internal(set) var pendingNews: Int64 = 0
    public internal(set) var freeBytes: Int64?
    public internal(set) var problems: [Problem] = []

    /// Of the channels that have anything to do, or a lane.
    public var depths: [(channel: Channel, depth: Depth)] {
        let used = Set(liveByChannel.values.flatMap(\.keys)).union(lanes.map(\.channel)).union(rates.keys)
        return Channel.dispatched.filter(used.contains).map { channel in
            let depth = Depth(
                waiting: liveByChannel[.waiting]?[channel] ?? 0,
                due: dueByChannel[channel] ?? 0,
                oldestSeconds: oldestByChannel[channel] ?? 0
            )
            return (channel, depth)
        }
    }

    /// Accepted = standing in some state + pruned. Anything else is a fault of Dunlin's.
    public var sumHolds: Bool { accepted == messages.values.reduce(0, +) + pruned }

    /// Seconds until what is due has gone at the rate of the last full minute; `nil` without a rate.
    ///
    /// What a limit keeps takes as long as the limit says.
    public var drainSeconds: Int64? {
        if let slowest = limits.compactMap(\.drainSeconds).max(), slowest > 0 {
            return max(slowest, freeDrainSeconds ?? 0)
        }
        return freeDrainSeconds
    }

    private var freeDrainSeconds: Int64? {
        let due = dueByChannel.values.reduce(0, +)
        let rate = rates.values.reduce(0) { $0 + $1.perMinute }
        return due == 0 || rate <= 0 ? nil : Int64(Double(due) / rate * 60)
    }
}
