/// A transport at run time: what it has in hand, how fast it is, and its breaker. Owned by the dispatcher's loop.
struct Lane {
    let channel: Channel
    let transport: any Transport
    /// It takes the channel's test messages, and nothing else.
    let isTest: Bool
    /// What follows a failure on the lane's channel.
    let policy: (retry: RetryPolicy, uncertain: UncertainPolicy)
    var breaker = Breaker()
    /// Deliveries given to the transport and not reported yet.
    var outstanding = 0
    /// Reports a millisecond, smoothed.
    private var rate = 0.0
    private var counted = 0
    private var countedSince: UInt64 = 0
    /// Whether it ever had anything to do.
    private(set) var hasWorked = false

    init(channel: Channel, transport: any Transport, settings: ChannelSettings, isTest: Bool = false) {
        self.channel = channel
        self.transport = transport
        self.isTest = isTest
        policy = (settings.retry.policy, settings.uncertain)
    }

    /// Work that is claimed ahead, in milliseconds at the present rate: well inside the 250 within which a hand-off holds.
    static let ahead = 40.0
    static let mostAhead = 2048

    /// How many may be in hand: two for each connection, so that the next stands behind the one on the wire, and what
    /// passes until the next turn.
    var limit: Int { transport.parallelism * 2 + min(Lane.mostAhead, Int(rate * Lane.ahead)) }

    func room(now: UInt64) -> Int {
        breaker.room(limit, outstanding: outstanding, now: now)
    }

    /// Counts reports for the rate, over windows of at least 10 ms.
    mutating func took(_ count: Int, now: UInt64) {
        hasWorked = true
        counted += count
        let elapsed = now - min(countedSince, now)
        guard elapsed >= 10_000_000 else { return }
        let latest = Double(counted) / (Double(elapsed) / 1e6)
        rate = elapsed > 500_000_000 ? latest : rate * 0.6 + latest * 0.4
        counted = 0
        countedSince = now
    }

    func report() async -> LaneReport {
        let state: LaneReport.State =
            switch breaker.state {
            case .closed: .open
            case .open: .stopped
            case .probing: .probing
            }
        return LaneReport(
            name: transport.name,
            channel: channel,
            state: state,
            since: 0,
            reason: breaker.reason,
            connections: await transport.connections,
            inFlight: outstanding
        )
    }
}
