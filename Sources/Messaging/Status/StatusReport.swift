import Storage

/// How the dispatcher stands, read in one consistent look.
public struct StatusReport: Sendable {
    public struct Rate: Sendable {
        /// Attempts by outcome.
        public var lastMinute: [String: Int64] = [:]
        public var lastHour: [String: Int64] = [:]
        /// Attempts that came to an end each minute, the last full one; what a drain is estimated from.
        public var perMinute: Double = 0
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
    public internal(set) var waitingByChannel: [Channel: Int64] = [:]
    /// Age of the oldest message that is due and waits, from when it was due; 0 when none does.
    public internal(set) var oldestWaitingSeconds: Int64 = 0
    public internal(set) var accepted: Int64 = 0
    public internal(set) var pruned: Int64 = 0
    public internal(set) var lanes: [LaneReport] = []
    public internal(set) var node: NodeReport?
    public internal(set) var isWorking = false
    public internal(set) var domains: [Domain] = []
    public internal(set) var rates: [Channel: Rate] = [:]
    public internal(set) var optOuts: Int64 = 0
    public internal(set) var freeBytes: Int64?
    public internal(set) var problems: [Problem] = []

    /// Accepted = standing in some state + pruned. Anything else is a fault of Dunlin's.
    public var sumHolds: Bool { accepted == messages.values.reduce(0, +) + pruned }

    /// Seconds until what is due has gone at the rate of the last full minute; `nil` without a rate.
    public var drainSeconds: Int64? {
        let due = dueByChannel.values.reduce(0, +)
        let rate = rates.values.reduce(0) { $0 + $1.perMinute }
        return due == 0 || rate <= 0 ? nil : Int64(Double(due) / rate * 60)
    }
}

extension Queue {
    private static let countLive = Statement(
        """
        SELECT 'waiting', channel, count(*) FROM message WHERE state = 'waiting' GROUP BY channel
        UNION ALL SELECT 'sending', channel, count(*) FROM message WHERE state = 'sending' GROUP BY channel
        UNION ALL SELECT 'held', channel, count(*) FROM message WHERE state = 'held' GROUP BY channel
        """
    )
    private static let countFinal = Statement(
        "SELECT state, count(*) FROM message WHERE finished_at IS NOT NULL GROUP BY state"
    )
    private static let countDue = Statement(
        """
        SELECT channel, count(*), min(due) FROM message WHERE state = 'waiting' AND due <= $1 GROUP BY channel
        """
    )
    private static let busiestDomains = Statement(
        """
        SELECT domain, count(*) FROM message WHERE state = 'waiting' AND due <= $1
        GROUP BY domain ORDER BY count(*) DESC, domain LIMIT $2
        """
    )
    private static let throughput = Statement(
        "SELECT minute, channel, outcome, count FROM throughput WHERE minute >= $1"
    )
    private static let ages = ["domain", "channel", "template", "brand", "reason"].map { column in
        (
            column,
            Statement(
                """
                SELECT coalesce(\(column), ''), CASE \(AgeBucket.conditions) END AS bucket, count(*)
                FROM message WHERE state = 'waiting' AND due <= $1 GROUP BY 1, 2
                """
            )
        )
    }

    static let statusStatements =
        [countLive, countFinal, countDue, busiestDomains, throughput] + ages.map(\.1)

    /// - Parameter domainLimit: how many of the busiest domains are listed.
    public func status(now: Int64, domainLimit: Int = 10) async throws -> StatusReport {
        let isWorking = database.otherWorker() != nil
        let freeBytes = database.freeBytes()
        let reserved = reservedBytes
        var report = try await database.read { connection in
            var report = StatusReport()
            report.now = now
            for state in MessageState.allCases { report.messages[state] = 0 }
            try connection.query(Queue.countLive, []) { row in
                guard let state = MessageState(rawValue: row.text(0)) else { return }
                report.messages[state, default: 0] += row.integer(2)
                if state == .waiting, let channel = Channel(rawValue: row.text(1)) {
                    report.waitingByChannel[channel] = row.integer(2)
                }
            }
            try connection.query(Queue.countFinal, []) { row in
                if let state = MessageState(rawValue: row.text(0)) { report.messages[state] = row.integer(1) }
            }
            try connection.query(Queue.countDue, [.integer(now)]) { row in
                if let channel = Channel(rawValue: row.text(0)) { report.dueByChannel[channel] = row.integer(1) }
                report.oldestWaitingSeconds = max(report.oldestWaitingSeconds, (now - row.integer(2)) / 1000)
            }
            report.domains = try connection.all(
                Queue.busiestDomains,
                [.integer(now), .integer(Int64(domainLimit))]
            ) { .init(name: $0.text(0), waiting: $0.integer(1)) }
            let minute = now / 60_000
            try connection.query(Queue.throughput, [.integer(minute - 60)]) { row in
                guard let channel = Channel(rawValue: row.text(1)) else { return }
                let (at, outcome, count) = (row.integer(0), row.text(2), row.integer(3))
                report.rates[channel, default: .init()].lastHour[outcome, default: 0] += count
                if at == minute - 1 {
                    report.rates[channel, default: .init()].lastMinute[outcome, default: 0] += count
                }
                if at == minute - 1 { report.rates[channel, default: .init()].perMinute += Double(count) }
            }
            let tally = try Tally.all(connection)
            report.accepted = tally[Tally.accepted] ?? 0
            report.pruned = MessageState.allCases.reduce(0) { $0 + (tally[Tally.pruned($1)] ?? 0) }
            report.lanes = try Nodes.lanes(connection)
            report.node = try Nodes.newest(connection)
            report.optOuts = try OptOuts.count(connection)
            return report
        }
        report.isWorking = isWorking
        report.freeBytes = freeBytes
        report.problems = Problems.find(in: report, reservedBytes: reserved)
        return report
    }

    /// Due messages by a column and by age, for ``shape(by:now:)``.
    public static let shapeColumns = ages.map(\.0)

    /// The backlog as `qshape` shows it: for each value of a column, how many due messages are how old.
    public func shape(by column: String, now: Int64) async throws -> [(name: String, buckets: [Int64])] {
        guard let statement = Queue.ages.first(where: { $0.0 == column })?.1 else { return [] }
        let cells = try await database.read {
            try $0.all(statement, [.integer(now)]) { ($0.text(0), Int($0.integer(1)), $0.integer(2)) }
        }
        var rows: [String: [Int64]] = [:]
        for (name, bucket, count) in cells {
            rows[name, default: Array(repeating: 0, count: AgeBucket.count)][bucket] += count
        }
        return rows.map { ($0.key, $0.value) }
            .sorted { ($0.1.reduce(0, +), $1.0) > ($1.1.reduce(0, +), $0.0) }
    }
}

/// Ages in minutes, doubling, as Postfix's `qshape` has them.
public enum AgeBucket {
    /// Upper bounds; the last bucket has none.
    public static let minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280]
    public static var count: Int { minutes.count + 1 }
    public static var titles: [String] { minutes.map(String.init) + ["1280+"] }

    /// The branches of a CASE over `due`, with the time as `$1`.
    static var conditions: String {
        minutes.enumerated().map { "WHEN due > $1 - \($1 * 60_000) THEN \($0)" }.joined(separator: " ")
            + " ELSE \(minutes.count)"
    }
}
