public import JSON

extension StatusReport {
    /// Lanes, limits and standing orders, as members of an object.
    public func writeLanes(to writer: inout JSONWriter) {
        writer.name("lanes")
        writer.beginArray()
        for lane in lanes { lane.write(to: &writer, isWorking: isWorking) }
        writer.endArray()
        writer.name("limits")
        writer.beginArray()
        for limit in limits { limit.write(to: &writer) }
        writer.endArray()
        writer.name("orders")
        writer.beginArray()
        for order in orders { order.write(to: &writer) }
        writer.endArray()
    }

    /// As `status --json` and `GET /v1/status` give it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("now", Timestamp.text(now))
        writer.member("working", isWorking)
        if let node = node {
            writer.name("node")
            writer.beginObject()
            writer.member("name", node.name)
            writer.member("started_at", Timestamp.text(node.startedAt))
            writer.member("heartbeat_at", Timestamp.text(node.heartbeatAt))
            if let stopped = node.stoppedAt { writer.member("stopped_at", Timestamp.text(stopped)) }
            writer.endObject()
        }
        writer.name("messages")
        writer.beginObject()
        for state in MessageState.allCases { writer.member(state.rawValue, messages[state] ?? 0) }
        writer.endObject()
        writer.member("accepted_total", accepted)
        writer.member("pruned_total", pruned)
        writer.member("sum_holds", sumHolds)
        writer.member("due", dueByChannel.values.reduce(0, +))
        writer.member("oldest_waiting_seconds", oldestWaitingSeconds)
        if let drain = drainSeconds { writer.member("drain_seconds", drain) }
        writeLanes(to: &writer)
        writer.member("parked", parkedByChannel.values.reduce(0, +))
        writer.name("domains")
        writer.beginArray()
        for domain in domains {
            writer.beginObject()
            writer.member("domain", domain.name)
            writer.member("due", domain.waiting)
            writer.endObject()
        }
        writer.endArray()
        writer.name("rates")
        writer.beginObject()
        for (channel, rate) in rates.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.name(channel.rawValue)
            writer.beginObject()
            for (name, counts) in [("last_minute", rate.lastMinute), ("last_hour", rate.lastHour)] {
                writer.name(name)
                writer.beginObject()
                for (outcome, count) in counts.sorted(by: { $0.key < $1.key }) { writer.member(outcome, count) }
                writer.endObject()
            }
            writer.endObject()
        }
        writer.endObject()
        writer.member("opt_outs", optOuts)
        if let free = freeBytes { writer.member("free_bytes", free) }
        writer.name("problems")
        writer.beginArray()
        for problem in problems {
            writer.beginObject()
            writer.member("severity", problem.severity.rawValue)
            writer.member("what", problem.what)
            writer.member("remedy", problem.remedy)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
