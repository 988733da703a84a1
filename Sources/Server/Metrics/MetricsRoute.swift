import HTTPTypes
import Hummingbird
import Messaging

/// `/metrics`: what this process counted, and how things stand in the database.
struct MetricsRoute {
    let registry: PrometheusRegistry
    let reports: StatusCache
    let version: String

    var routes: [Route] {
        [
            Route(.get, "/metrics", .scopes([.read])) { _, _ in
                var text = PrometheusText()
                text.family("dunlin_build_info", .gauge, "The version that runs.")
                text.sample("dunlin_build_info", [("version", version)], 1)
                registry.write(to: &text)
                try await reports.report().write(to: &text)
                ProcessMeasures().write(to: &text)
                return .bytes(Array(text.text.utf8), type: PrometheusText.contentType)
            }
        ]
    }
}

extension StatusReport {
    func write(to text: inout PrometheusText) {
        text.family("dunlin_messages", .gauge, "Messages that have not ended, by channel and state.")
        for (state, channels) in liveByChannel.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for (channel, count) in channels.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                text.sample(
                    "dunlin_messages",
                    [("channel", channel.rawValue), ("state", state.rawValue)],
                    Double(count)
                )
            }
        }
        text.family("dunlin_messages_final", .gauge, "Messages that have ended and are not forgotten yet, by state.")
        for state in MessageState.allCases where state.isFinal {
            text.sample("dunlin_messages_final", [("state", state.rawValue)], Double(messages[state] ?? 0))
        }
        text.family("dunlin_due", .gauge, "Messages that are due and wait.")
        for (channel, depth) in depths { text.sample("dunlin_due", [("channel", channel.rawValue)], Double(depth.due)) }
        text.family("dunlin_oldest_due_seconds", .gauge, "For how long the oldest message that is due has waited.")
        for (channel, depth) in depths {
            text.sample("dunlin_oldest_due_seconds", [("channel", channel.rawValue)], Double(depth.oldestSeconds))
        }
        text.family(
            "dunlin_lane_open",
            .gauge,
            "1 for a lane that works, 0 for one that is stopped or tries again; one that is paused or rests works."
        )
        for lane in lanes {
            text.sample(
                "dunlin_lane_open",
                lane.labels,
                isWorking && ![.stopped, .probing].contains(lane.state) ? 1 : 0
            )
        }
        text.family("dunlin_lane_in_flight", .gauge, "Deliveries that a lane has in hand.")
        for lane in lanes { text.sample("dunlin_lane_in_flight", lane.labels, isWorking ? Double(lane.inFlight) : 0) }
        text.family("dunlin_lane_rate", .gauge, "What leaves over a lane, messages a second.")
        for lane in lanes { text.sample("dunlin_lane_rate", lane.labels, isWorking ? lane.detail.rate : 0) }
        text.family("dunlin_lane_concurrency", .gauge, "Deliveries at once while the other side is overloaded.")
        for lane in lanes { text.sample("dunlin_lane_concurrency", lane.labels, lane.detail.most.map(Double.init)) }
        text.family("dunlin_lane_trust", .gauge, "How much of its part a lane gets beside others, from 0 to 1.")
        for lane in lanes { text.sample("dunlin_lane_trust", lane.labels, lane.detail.trust ?? 1) }
        text.family(
            "dunlin_limit_per_second",
            .gauge,
            "What a limit lets go, messages a second; of those that matter most."
        )
        for limit in shownLimits { text.sample("dunlin_limit_per_second", limit.labels, limit.limit) }
        text.family("dunlin_limit_rate", .gauge, "What leaves under a limit, messages a second.")
        for limit in shownLimits { text.sample("dunlin_limit_rate", limit.labels, limit.rate) }
        text.family("dunlin_limit_in_flight", .gauge, "Deliveries under a limit that are on the wire.")
        for limit in shownLimits { text.sample("dunlin_limit_in_flight", limit.labels, Double(limit.inFlight)) }
        text.family("dunlin_limit_parked", .gauge, "Messages that a limit keeps.")
        for limit in shownLimits { text.sample("dunlin_limit_parked", limit.labels, Double(limit.parked)) }
        text.family("dunlin_limit_drain_seconds", .gauge, "When what a limit keeps will be gone.")
        for limit in shownLimits {
            text.sample("dunlin_limit_drain_seconds", limit.labels, limit.drainSeconds.map(Double.init))
        }
        text.family("dunlin_parked", .gauge, "Messages that a limit keeps, by channel; they wait too.")
        for (channel, count) in parkedByChannel.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text.sample("dunlin_parked", [("channel", channel.rawValue)], Double(count))
        }
        text.family("dunlin_orders", .gauge, "Pauses and other standing orders that hold now, by channel.")
        for channel in Channel.allCases {
            let count = orders.count { $0.channel == channel && $0.begins <= now }
            text.sample("dunlin_orders", [("channel", channel.rawValue)], Double(count))
        }
        text.family("dunlin_smtp_connections", .gauge, "Open connections of a lane.")
        for lane in lanes {
            text.sample("dunlin_smtp_connections", [("lane", lane.name)], isWorking ? Double(lane.connections) : 0)
        }
        text.gauge("dunlin_opt_outs", "Opt-outs that stand.", Double(optOuts))
        text.gauge("dunlin_books_balance", "1 when accepted = all states + forgotten.", sumHolds ? 1 : 0)
        text.family("dunlin_problems", .gauge, "What 'dunlin status' calls a problem, by severity.")
        for severity in [Problem.Severity.warning, .critical] {
            let count = problems.count { $0.severity == severity }
            text.sample("dunlin_problems", [("severity", severity.rawValue)], Double(count))
        }
        text.gauge("dunlin_worker_up", "1 while a worker runs.", isWorking ? 1 : 0)
        let silence = node.map { Double(now - $0.heartbeatAt) / 1000 } ?? 0
        text.gauge(
            "dunlin_worker_heartbeat_age_seconds",
            "Since when the newest worker has not been heard of.",
            silence
        )
        text.family("dunlin_subscriptions", .gauge, "Subscriptions, by state.")
        for state in [Subscription.State.active, .disabled] {
            let count = subscriptions.count { $0.state == state }
            text.sample("dunlin_subscriptions", [("state", state.rawValue)], Double(count))
        }
        text.gauge("dunlin_events_pending", "News that waits for its turn to be sent.", Double(pendingNews))
        if let freeBytes {
            text.gauge("dunlin_disk_free_bytes", "Free bytes where the database is kept.", Double(freeBytes))
        }
    }
}

extension StatusReport {
    /// None while no worker tells of them.
    fileprivate var shownLimits: [LimitReport] { isWorking ? limits : [] }
}

extension LimitReport {
    fileprivate var labels: PrometheusText.Labels { [("channel", channel.rawValue), ("limit", name)] }
}

extension LaneReport {
    fileprivate var labels: PrometheusText.Labels { [("channel", channel.rawValue), ("lane", name)] }
}
