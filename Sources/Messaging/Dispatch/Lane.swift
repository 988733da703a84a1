import Curl

/// A transport at run time: what it has in hand, how fast it is, and its breaker. Owned by the dispatcher's loop.
struct Lane {
    let channel: Channel
    let transport: any Transport
    /// It takes the channel's test messages, and nothing else.
    let isTest: Bool
    /// What follows a failure on the lane's channel.
    let policy: (retry: RetryPolicy, uncertain: UncertainPolicy)
    var breaker = Breaker()
    /// A person's word that it sends nothing.
    var pause: Pause?
    private var bucket: RateBucket?
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
        bucket = transport.limit.map { RateBucket($0, now: MonotonicClock.now()) }
    }

    /// Work that is claimed ahead, in milliseconds at the present rate: well inside the 250 within which a hand-off holds.
    static let ahead = 40.0
    static let mostAhead = 2048

    /// How many may be in hand: two for each connection, so that the next stands behind the one on the wire, and what
    /// passes until the next turn.
    var limit: Int { transport.parallelism * 2 + min(Lane.mostAhead, Int(rate * Lane.ahead)) }

    func room(now: UInt64) -> Int {
        guard pause == nil else { return 0 }
        let room = breaker.room(limit, outstanding: outstanding, now: now)
        return bucket.map { min(room, $0.room(now: now)) } ?? room
    }

    /// Nanoseconds until its rate lets one more start; 0 where it does, or where something else keeps it.
    func wait(now: UInt64) -> UInt64 { pause == nil ? bucket?.wait(now: now) ?? 0 : 0 }

    /// Neither a person nor the other side lets it send.
    func isQuiet(now: UInt64) -> Bool { pause != nil || now < breaker.restsUntil }

    /// A delivery has not begun after all: it is paid for when it does.
    mutating func giveBack(_ delivery: Delivery, now: UInt64) {
        guard bucket != nil else { return }
        let cost = transport.cost(of: delivery)
        bucket?.take(-cost, now: now)
    }

    /// A delivery is given to the transport.
    mutating func begin(_ delivery: Delivery, now: UInt64) {
        breaker.begin()
        outstanding += 1
        guard bucket != nil else { return }
        let cost = transport.cost(of: delivery)
        bucket?.take(cost, now: now)
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

    /// - Parameter now: monotonic nanoseconds.
    func report(now: UInt64) async -> LaneReport {
        let isResting = now < breaker.restsUntil
        let state: LaneReport.State =
            switch breaker.state {
            case _ where pause != nil: .paused
            case .closed: isResting ? .resting : .open
            case .open: .stopped
            case .probing: .probing
            }
        return LaneReport(
            name: transport.name,
            channel: channel,
            state: state,
            since: 0,
            reason: pause?.reason ?? breaker.reason ?? (isResting ? "asked to slow down" : nil),
            connections: await transport.connections,
            inFlight: outstanding
        )
    }
}
