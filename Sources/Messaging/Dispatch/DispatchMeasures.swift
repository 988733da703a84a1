import Metrics

/// The dispatcher's counters and histograms, behind swift-metrics. Handles are made once for each combination of labels, all
/// of which are bounded: configured lanes, channels, outcomes and reasons.
struct DispatchMeasures {
    private struct AttemptKey: Hashable {
        let channel: Channel
        let lane: String
        let outcome: String
        let reason: Outcome.Reason?
    }

    private struct DecisionKey: Hashable {
        let channel: Channel
        let decision: String
    }

    private struct LaneKey: Hashable {
        let channel: Channel
        let lane: String
    }

    private let isOn: Bool
    private let claimSize = Recorder(label: "dunlin_claim_size")
    private let settleSize = Recorder(label: "dunlin_settle_batch_size")
    private let turn = Metrics.Timer(label: "dunlin_storage_seconds", dimensions: [("operation", "turn")])
    private let failures = Counter(label: "dunlin_storage_failures_total")
    private var claims: [Channel: Counter] = [:]
    private var attempts: [AttemptKey: Counter] = [:]
    private var decisions: [DecisionKey: Counter] = [:]
    private var waits: [String: Counter] = [:]
    private var attemptTimes: [LaneKey: Metrics.Timer] = [:]
    private var firstAttempts: [Channel: Metrics.Timer] = [:]
    private var lateness: [Channel: Metrics.Timer] = [:]

    init(isOn: Bool) {
        self.isOn = isOn
    }

    /// A transaction of the dispatcher that was committed.
    mutating func took(_ turn: Queue.Turn, _ result: Queue.TurnResult, nanoseconds: UInt64) {
        guard isOn else { return }
        self.turn.recordNanoseconds(Int64(clamping: nanoseconds))
        if !turn.settlements.isEmpty { settleSize.record(turn.settlements.count) }
        for (channel, counts) in result.gate {
            for (decision, count) in counts {
                let key = DecisionKey(channel: channel, decision: decision.rawValue)
                let counter =
                    decisions[key]
                    ?? Counter(
                        label: "dunlin_gate_decisions_total",
                        dimensions: [("channel", channel.rawValue), ("decision", decision.rawValue)]
                    )
                decisions[key] = counter
                counter.increment(by: count)
            }
        }
        var claimed: [Channel: Int] = [:]
        for handOff in result.handOffs {
            claimed[handOff.channel, default: 0] += 1
            if handOff.attempts == 0 {
                let timer =
                    firstAttempts[handOff.channel]
                    ?? Metrics.Timer(
                        label: "dunlin_accept_to_attempt_seconds",
                        dimensions: [("channel", handOff.channel.rawValue)]
                    )
                firstAttempts[handOff.channel] = timer
                timer.recordMilliseconds(handOff.startedAt - max(handOff.acceptedAt, handOff.due))
            }
        }
        for (channel, count) in claimed {
            claimSize.record(count)
            let counter =
                claims[channel] ?? Counter(label: "dunlin_claims_total", dimensions: [("channel", channel.rawValue)])
            claims[channel] = counter
            counter.increment(by: count)
        }
    }

    mutating func failed() {
        if isOn { failures.increment() }
    }

    /// A delivery that its lane could not start in time.
    mutating func waited(lane: String) {
        guard isOn else { return }
        let counter = waits[lane] ?? Counter(label: "dunlin_limiter_waits_total", dimensions: [("lane", lane)])
        waits[lane] = counter
        counter.increment()
    }

    /// - Parameter now: milliseconds since 1970, UTC.
    mutating func ended(_ handOff: HandOff, lane: String, _ outcome: Outcome, now: Int64) {
        guard isOn, let word = outcome.word else { return }
        let key = AttemptKey(channel: handOff.channel, lane: lane, outcome: word, reason: outcome.reason)
        let counter =
            attempts[key]
            ?? Counter(
                label: "dunlin_attempts_total",
                dimensions: [
                    ("channel", handOff.channel.rawValue), ("lane", lane), ("outcome", word),
                    ("reason", outcome.reason?.rawValue ?? ""),
                ]
            )
        attempts[key] = counter
        counter.increment()
        let laneKey = LaneKey(channel: handOff.channel, lane: lane)
        let timer =
            attemptTimes[laneKey]
            ?? Metrics.Timer(
                label: "dunlin_attempt_seconds",
                dimensions: [("channel", handOff.channel.rawValue), ("lane", lane)]
            )
        attemptTimes[laneKey] = timer
        timer.recordMilliseconds(now - handOff.startedAt)
        guard case .accepted = outcome else { return }
        let late =
            lateness[handOff.channel]
            ?? Metrics.Timer(label: "dunlin_lateness_seconds", dimensions: [("channel", handOff.channel.rawValue)])
        lateness[handOff.channel] = late
        late.recordMilliseconds(now - max(handOff.due, handOff.acceptedAt))
    }
}

extension Outcome {
    /// `nil` for what was accepted or put back.
    var reason: Reason? {
        switch self {
        case .accepted, .putBack: nil
        case .retry(let reason, _, _), .rejected(let reason, _), .uncertain(let reason, _), .held(let reason, _): reason
        }
    }
}
