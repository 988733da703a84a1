/// What is wrong, judged from a status report alone, and what to do about it.
enum Problems {
    /// Due messages wait so long before it is worth a word, and before it is serious; seconds.
    static let lateness = (warning: Int64(300), critical: Int64(3600))

    /// A worker tells of itself every two seconds.
    static let silence: Int64 = 30

    static func find(in report: StatusReport, reservedBytes: Int64) -> [StatusReport.Problem] {
        var problems: [StatusReport.Problem] = []
        func add(_ severity: StatusReport.Problem.Severity, _ what: String, _ remedy: String) {
            problems.append(.init(severity: severity, what: what, remedy: remedy))
        }
        let due = report.dueByChannel.values.reduce(0, +)
        if !report.isWorking, due > 0 {
            add(.critical, "\(due) messages are due and no worker runs", "start 'dunlin serve', or 'dunlin work'")
        }
        if report.isWorking, let node = report.node, report.now - node.heartbeatAt > silence * 1000 {
            let seconds = (report.now - node.heartbeatAt) / 1000
            add(
                .critical,
                "\(node.name) has not been heard of for \(seconds) s",
                "see whether it hangs (its log, 'systemctl status'), and start it again"
            )
        }
        if !report.isWorking, let sending = report.messages[.sending], sending > 0 {
            add(
                .warning,
                "\(sending) messages were being sent when their worker died",
                "start 'dunlin serve': it takes them back and marks the attempt uncertain"
            )
        }
        for lane in report.lanes where report.isWorking && lane.state == .stopped {
            add(
                .critical,
                "lane \(lane.name) (\(lane.channel.rawValue)) is stopped: \(lane.reason ?? "unknown")",
                "mend its server or credentials; it tries again by itself, and its messages wait"
            )
        }
        for lane in report.lanes where report.isWorking && lane.state == .paused {
            add(
                .warning,
                "lane \(lane.name) (\(lane.channel.rawValue)) is paused: \(lane.reason ?? "")",
                "'dunlin lane list' says who did it; 'dunlin lane resume' ends it"
            )
        }
        for limit in report.limits where report.isWorking && limit.parked > 0 && limit.reason != nil {
            let until = limit.until.map { " until \(Timestamp.text($0))" } ?? ""
            add(
                .warning,
                "\(limit.channel.rawValue) \(limit.name) keeps \(limit.parked) messages\(until): \(limit.reason ?? "")",
                "'dunlin lane list' shows limits and orders; 'dunlin lane resume' ends an order"
            )
        }
        if report.isWorking, report.oldestWaitingSeconds >= lateness.warning {
            add(
                report.oldestWaitingSeconds >= lateness.critical ? .critical : .warning,
                "the oldest due message has waited \(report.oldestWaitingSeconds) s",
                "see 'dunlin shape' for where the backlog is, and 'dunlin why ID' for one message"
            )
        }
        let held = (report.messages[.held] ?? 0) - report.standingBy
        if held > 0 {
            add(
                .warning,
                held == 1 ? "1 message waits for a person" : "\(held) messages wait for a person",
                "see 'dunlin message list --state held', then approve or cancel them"
            )
        }
        for subscription in report.subscriptions where subscription.state == .disabled {
            add(
                .warning,
                "the subscription \(subscription.id) to \(subscription.url) is disabled: "
                    + "\(subscription.reason ?? "unknown")",
                "mend the endpoint, then 'dunlin subscription enable \(subscription.id)' and 'replay', or remove it"
            )
        }
        if let free = report.freeBytes, free < reservedBytes {
            add(
                .critical,
                "the disk is full: nothing is accepted or claimed",
                "make room where the database is kept; work goes on by itself"
            )
        } else if let free = report.freeBytes, free < reservedBytes * 8 {
            add(.warning, "only \(free >> 20) MiB of disk are free", "make room where the database is kept")
        }
        if !report.sumHolds {
            add(
                .critical,
                "the books do not balance: \(report.accepted) accepted, "
                    + "\(report.messages.values.reduce(0, +)) stored, \(report.pruned) pruned",
                "keep a copy of the database and report a fault"
            )
        }
        return problems
    }
}
