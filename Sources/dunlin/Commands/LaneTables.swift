import Messaging

/// Lanes, limits and orders as `dunlin lane list` and `dunlin status` show them.
enum LaneTables {
    static func lanes(_ report: StatusReport) -> String {
        var table = Table([
            ("LANE", .left), ("STATE", .left), ("IN FLIGHT", .right), ("RATE", .right), ("LIMIT", .right),
            ("WHY", .left),
        ])
        for lane in report.lanes {
            table.add([
                "\(lane.channel.rawValue)/\(lane.name)", report.isWorking ? lane.state.rawValue : "idle",
                "\(report.isWorking ? lane.inFlight : 0)", report.isWorking ? Words.rate(lane.detail.rate) : "",
                lane.most, lane.reason ?? lane.detail.lastError.map { "last error: \($0)" } ?? "",
            ])
        }
        return table.text
    }

    static func limits(_ report: StatusReport) -> String {
        var table = Table([
            ("LIMIT", .left), ("PARKED", .right), ("IN FLIGHT", .right), ("RATE", .right), ("MOST", .right),
            ("GONE IN", .right), ("WHY", .left),
        ])
        for limit in report.limits {
            table.add([
                "\(limit.channel.rawValue) \(limit.name)", Words.count(limit.parked), "\(limit.inFlight)",
                Words.rate(limit.rate),
                limit.most, limit.drainSeconds.map { Words.span(seconds: $0) } ?? "",
                limit.reason ?? limit.lastError.map { "last error: \($0)" } ?? "",
            ])
        }
        return table.text
    }
}
