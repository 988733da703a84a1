import Storage

extension Queue {
    private static let countLive = Statement(
        """
        SELECT 'waiting', channel, count(*), sum(CASE WHEN share <> brand THEN 1 ELSE 0 END)
            FROM message WHERE state = 'waiting' GROUP BY channel
        UNION ALL SELECT 'sending', channel, count(*), 0 FROM message WHERE state = 'sending' GROUP BY channel
        UNION ALL SELECT 'held', channel, count(*), sum(CASE WHEN reason = 'fallback' THEN 1 ELSE 0 END)
            FROM message WHERE state = 'held' GROUP BY channel
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
        let isWorking = database.worker() != nil
        let freeBytes = database.freeBytes()
        let reserved = reservedBytes
        var report = try await database.read { connection in
            var report = StatusReport()
            report.now = now
            for state in MessageState.allCases { report.messages[state] = 0 }
            try connection.query(Queue.countLive, []) { row in
                guard let state = MessageState(rawValue: row.text(0)) else { return }
                report.messages[state, default: 0] += row.integer(2)
                guard let channel = Channel(rawValue: row.text(1)) else { return }
                report.liveByChannel[state, default: [:]][channel] = row.integer(2)
                guard row.integer(3) > 0 else { return }
                if state == .held {
                    report.standingBy += row.integer(3)
                } else {
                    report.parkedByChannel[channel] = row.integer(3)
                }
            }
            try connection.query(Queue.countFinal, []) { row in
                if let state = MessageState(rawValue: row.text(0)) { report.messages[state] = row.integer(1) }
            }
            try connection.query(Queue.countDue, [.integer(now)]) { row in
                let age = (now - row.integer(2)) / 1000
                report.oldestWaitingSeconds = max(report.oldestWaitingSeconds, age)
                guard let channel = Channel(rawValue: row.text(0)) else { return }
                report.dueByChannel[channel] = row.integer(1)
                report.oldestByChannel[channel] = age
            }
            report.domains = try connection.all(
                Queue.busiestDomains,
                [.integer(now), .integer(Int64(domainLimit))]
            ) { .init(name: $0.text(0), waiting: $0.integer(1)) }
            let minute = now / 60_000
            report.minutes = (minute - 60...minute).map { .init(number: $0) }
            try connection.query(Queue.throughput, [.integer(minute - 60)]) { row in
                guard let channel = Channel(rawValue: row.text(1)) else { return }
                let (at, outcome, count) = (row.integer(0), row.text(2), row.integer(3))
                if at <= minute { report.minutes[Int(at - minute + 60)].outcomes[outcome, default: 0] += count }
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
            report.limits = try Nodes.limits(connection)
            report.orders = try Pauses.list(connection).filter { $0.until.map { $0 > now } ?? true }
            report.node = try Nodes.newest(connection)
            report.optOuts = try OptOuts.count(connection)
            report.subscriptions = try Subscriptions.list(connection)
            report.pendingNews = try NewsRelay.count(connection)
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
