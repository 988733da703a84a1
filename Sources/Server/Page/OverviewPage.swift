import Messaging

/// What the first page shows of how things stand.
struct OverviewPage {
    let report: StatusReport
    /// Due messages by domain and age.
    let backlog: [(name: String, buckets: [Int64])]

    static let mostDomains = 12

    var value: PageValue {
        let own: PageValue = [
            "headline": .text(headline), "summary": .text(summary), "has_problems": .flag(!report.problems.isEmpty),
            "problems": problems, "is_new": .flag(report.accepted == 0),
            "states_open": states([.waiting, .sending, .held]),
            "states_final": states([.sent, .delivered, .bounced, .failed, .blocked, .expired, .cancelled]),
            "throughput": throughput, "has_channels": .flag(!report.depths.isEmpty), "channels": channels,
            "has_orders": .flag(!report.orders.isEmpty),
            "orders": report.orders.list { ["words": .text($0.words(now: report.now))] },
            "has_backlog": .flag(!backlog.isEmpty),
            "backlog": domains, "has_nodes": .flag(report.node != nil), "nodes": nodes,
            "books": [
                "holds": .flag(report.sumHolds), "accepted": .text(Words.count(report.accepted)),
                "stored": .text(Words.count(report.messages.values.reduce(0, +))),
                "pruned": .text(Words.count(report.pruned)),
            ],
        ]
        return own.adding(laneValues)
    }

    /// Lanes and the limits that matter.
    var laneValues: PageValue {
        [
            "has_lanes": .flag(!report.lanes.isEmpty), "lanes": lanes, "has_limits": .flag(!shownLimits.isEmpty),
            "limits": limits,
        ]
    }

    private var headline: String {
        guard !report.problems.isEmpty else { return "All is well" }
        let critical = report.problems.count { $0.severity == .critical }
        let warnings = report.problems.count - critical
        var parts: [String] = []
        if critical > 0 { parts.append(critical == 1 ? "1 critical problem" : "\(critical) critical problems") }
        if warnings > 0 { parts.append(warnings == 1 ? "1 warning" : "\(warnings) warnings") }
        return parts.joined(separator: ", ")
    }

    private var summary: String {
        let due = report.dueByChannel.values.reduce(0, +)
        var parts = [
            due == 0
                ? "Nothing is due"
                : "\(Words.messages(due)) due, the oldest for \(Words.span(seconds: report.oldestWaitingSeconds))"
        ]
        if let drain = report.drainSeconds { parts.append("about \(Words.span(seconds: drain)) to drain") }
        parts.append("\(Words.count(report.accepted)) accepted in all")
        return parts.joined(separator: "; ") + "."
    }

    private var problems: PageValue {
        report.problems.sorted { $0.severity == .critical && $1.severity != .critical }.list { problem in
            let isHeld = problem.remedy.contains("--state held")
            return [
                "severity": .text(problem.severity.rawValue), "what": .text(problem.what),
                "remedy": .text(problem.remedy), "href": isHeld ? "/messages?state=held" : "",
                "link": isHeld ? "Show them" : "",
            ]
        }
    }

    private func states(_ states: [MessageState]) -> PageValue {
        states.list { state in
            let count = report.messages[state] ?? 0
            return [
                "name": .text(state.rawValue), "count": .text(Words.count(count)),
                "href": "/messages?state=\(state.rawValue)", "is_zero": .flag(count == 0),
            ]
        }
    }

    private var throughput: PageValue {
        let chart = ThroughputChart(report.minutes)
        let minute = report.minutes.dropLast().last?.outcomes.values.reduce(0, +) ?? 0
        let hour = report.minutes.flatMap(\.outcomes.values).reduce(0, +)
        let perSecond = (Double(minute) / 60 * 10).rounded() / 10
        let due = report.dueByChannel.values.reduce(0, +)
        let drain = report.drainSeconds.map { "about \(Words.span(seconds: $0))" }
        return [
            "now": .text(perSecond >= 10 ? "\(Words.count(Int64(perSecond)))/s" : "\(perSecond)/s"),
            "minute": .text(Words.count(minute)), "hour": .text(Words.count(hour)),
            "drain": .text(drain ?? (due == 0 ? "nothing is due" : "not known yet")), "has_chart": .flag(hour > 0),
            "chart": chart.value,
        ]
    }

    private var channels: PageValue {
        report.depths.list { channel, depth in
            let rate = report.rates[channel] ?? .init()
            let attempts = rate.lastHour.values.reduce(0, +)
            var x = 0.0
            var cells: [(String, PageValue)] = []
            for outcome in ["accepted", "retry", "rejected", "uncertain"] {
                let count = rate.lastHour[outcome] ?? 0
                let width = attempts == 0 ? 0 : Double(count) / Double(attempts) * 100
                cells.append(
                    (
                        outcome,
                        [
                            "count": .text(Words.count(count)), "share": .text(Words.share(count, of: attempts)),
                            "x": .text(Words.percent(x)), "width": .text(Words.percent(width)),
                        ]
                    )
                )
                x += width
            }
            let drain = rate.perMinute > 0 ? Int64(Double(depth.due) / rate.perMinute * 60) : nil
            let own: PageValue = [
                "name": .text(channel.rawValue), "href": "/messages?channel=\(channel.rawValue)",
                "waiting": .text(Words.count(depth.waiting)), "due": .text(Words.count(depth.due)),
                "oldest": .text(depth.due == 0 ? "-" : Words.span(seconds: depth.oldestSeconds)),
                "drain": .text(depth.due == 0 ? "-" : drain.map { Words.span(seconds: $0) } ?? "?"),
                "is_late": .flag(depth.oldestSeconds >= 300), "attempts": .text(Words.count(attempts)),
            ]
            return own.adding(.fields(cells))
        }
    }

    private var lanes: PageValue {
        report.lanes.list { lane in
            [
                "name": .text(lane.name), "channel": .text(lane.channel.rawValue),
                "what": .text("\(lane.channel.rawValue)/\(lane.name)"),
                "state": .text(report.isWorking ? lane.state.rawValue : "idle"),
                "reason": .text(lane.reason ?? lane.detail.lastError ?? ""),
                "in_flight": .text(report.isWorking ? Words.count(lane.inFlight) : "0"),
                "connections": .text(report.isWorking ? Words.count(lane.connections) : "0"),
                "rate": .text(report.isWorking ? Words.rate(lane.detail.rate) : "-"), "limit": .text(lane.most),
            ]
        }
    }

    private var shownLimits: [LimitReport] {
        report.isWorking ? Array(report.limits.prefix(OverviewPage.mostDomains)) : []
    }

    private var limits: PageValue {
        shownLimits.list { limit in
            [
                "name": .text(limit.name), "channel": .text(limit.channel.rawValue),
                "parked": .text(Words.count(limit.parked)), "in_flight": .text(Words.count(limit.inFlight)),
                "rate": .text(Words.rate(limit.rate)), "limit": .text(limit.most),
                "drain": .text(limit.drainSeconds.map { Words.span(seconds: $0) } ?? "-"),
                "reason": .text(limit.reason ?? limit.lastError ?? ""),
            ]
        }
    }

    private var domains: PageValue {
        let shown = backlog.prefix(OverviewPage.mostDomains)
        let rest = backlog.dropFirst(OverviewPage.mostDomains)
        let most = shown.flatMap(\.buckets).max() ?? 0
        return [
            "columns": AgeBucket.titles.list { ["label": .text($0)] },
            "rows": shown.list { row in
                [
                    "domain": .text(row.name.isEmpty ? "(no domain)" : row.name),
                    "href": .text(
                        "/messages?state=waiting" + (row.name.isEmpty ? "" : "&domain=\(Words.encoded(row.name))")
                    ),
                    "total": .text(Words.count(row.buckets.reduce(0, +))),
                    "cells": row.buckets.list { count in
                        [
                            "count": .text(count == 0 ? "" : Words.count(count)),
                            "level": "\(OverviewPage.level(count, of: most))",
                        ]
                    },
                ]
            },
            "more": .text(
                rest.isEmpty
                    ? ""
                    : "And \(Words.count(rest.count)) more with \(Words.messages(rest.flatMap(\.buckets).reduce(0, +)))."
            ),
        ]
    }

    /// 0 for none, then 1 to 5 by the logarithm.
    static func level(_ count: Int64, of most: Int64) -> Int {
        guard count > 0, most > 0 else { return 0 }
        var level = 5
        var bound = Double(most) / 4
        while level > 1, Double(count) <= bound {
            level -= 1
            bound /= 4
        }
        return level
    }

    private var nodes: PageValue {
        (report.node.map { [$0] } ?? []).list { node in
            let isSilent = report.isWorking && report.now - node.heartbeatAt > 30_000
            let state =
                report.isWorking ? (isSilent ? "silent" : "working") : node.stoppedAt == nil ? "lost" : "stopped"
            return [
                "name": .text(node.name), "state": .text(state), "is_ok": .flag(state == "working"),
                "started": .text(Words.time(node.startedAt)),
                "seen": .text("\(Words.span(seconds: (report.now - node.heartbeatAt) / 1000)) ago"),
                "detail": .text(node.stoppedAt.map { "stopped \(Words.time($0))" } ?? ""),
            ]
        }
    }
}
