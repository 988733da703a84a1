import Curl

/// A transport at run time: what it has in hand, how fast it is, and its breaker. Owned by the dispatcher's loop.
struct Lane {
    let channel: Channel
    let transport: any Transport
    /// It takes the channel's test messages, and nothing else.
    let isTest: Bool
    /// What follows a failure on the lane's channel.
    let policy: (retry: RetryPolicy, uncertain: UncertainPolicy)
    /// What it gets beside others; `nil` where their order says so.
    let weight: Double?
    var breaker = Breaker()
    private(set) var health = LaneHealth()
    /// What it has waited for while others took their part.
    var credit = 0.0
    private(set) var window: AdaptiveWindow
    /// A person's word that it sends nothing, or less.
    private(set) var pause: Pause?
    private var pauseBucket: RateBucket?
    private var bucket: RateBucket?
    /// Deliveries given to the transport and not reported yet.
    var outstanding = 0
    /// Reports a millisecond, smoothed.
    private(set) var rate = 0.0
    private var counted = 0
    private var countedSince: UInt64 = 0
    /// Whether it ever had anything to do.
    private(set) var hasWorked = false
    /// The last words by which the other side refused something.
    var lastError: String?

    init(channel: Channel, transport: any Transport, settings: ChannelSettings, isTest: Bool = false) {
        self.channel = channel
        self.transport = transport
        self.isTest = isTest
        policy = (settings.retry.policy, settings.uncertain)
        weight = settings.transports.first { $0.name == transport.name }?.weight
        window = AdaptiveWindow(ceiling: transport.parallelism * 2)
        bucket = transport.limit.map { RateBucket($0, now: MonotonicClock.now()) }
    }

    /// Work that is claimed ahead, in milliseconds at the present rate: well inside the 250 within which a hand-off holds.
    static let ahead = 40.0
    static let mostAhead = 2048

    /// How many may be in hand: two for each connection, so that the next stands behind the one on the wire, and what
    /// passes until the next turn; fewer while the other side is overloaded.
    var limit: Int { window.limit ?? transport.parallelism * 2 + min(Lane.mostAhead, Int(rate * Lane.ahead)) }

    func room(now: UInt64) -> Int {
        guard !isStopped else { return 0 }
        var room = breaker.room(limit, outstanding: outstanding, now: now)
        if let bucket { room = min(room, bucket.room(now: now)) }
        if let pauseBucket { room = min(room, pauseBucket.room(now: now)) }
        return room
    }

    /// A person lets nothing pass.
    private var isStopped: Bool { pause != nil && pauseBucket == nil }

    /// Nanoseconds until its rate lets one more start; 0 where it does, or where something else keeps it.
    func wait(now: UInt64) -> UInt64 {
        isStopped ? 0 : max(bucket?.wait(now: now) ?? 0, pauseBucket?.wait(now: now) ?? 0)
    }

    /// Neither a person nor the other side lets it send.
    func isQuiet(now: UInt64) -> Bool { isStopped || now < breaker.restsUntil }

    /// It is merely busy: it will have room in a moment.
    func isFlowing(now: UInt64) -> Bool { !isQuiet(now: now) && !breaker.isOpen && wait(now: now) == 0 }

    func isFor(_ domain: String) -> Bool { transport.domains?.contains(domain) ?? false }

    mutating func obey(_ pause: Pause?, now: UInt64) {
        self.pause = pause
        pauseBucket = pause?.rate.map {
            RateBucket(RateLimit(perSecond: $0.perSecond, burst: Limiter.burst($0.perSecond)), now: now)
        }
    }

    /// A delivery has not begun after all: it is paid for when it does.
    mutating func giveBack(_ delivery: Delivery, now: UInt64) {
        pay(-1, delivery, now)
    }

    /// A delivery is given to the transport.
    mutating func begin(_ delivery: Delivery, now: UInt64) {
        breaker.begin()
        window.resume(now)
        outstanding += 1
        pay(1, delivery, now)
    }

    private mutating func pay(_ sign: Int, _ delivery: Delivery, _ now: UInt64) {
        guard bucket != nil || pauseBucket != nil else { return }
        let cost = sign * transport.cost(of: delivery)
        bucket?.take(cost, now: now)
        pauseBucket?.take(cost, now: now)
    }

    mutating func take(_ sign: Breaker.Sign, now: UInt64) {
        let wasClosed = breaker.state == .closed
        breaker.take(sign, now: now)
        health.take(sign, now: now)
        if breaker.isOpen, wasClosed { health.opened() }
        switch sign {
        case .working, .policy: window.worked(1, now: now)
        case .congested, .connectFailed, .throttled: window.congested(now: now)
        case .ourFault: break
        }
    }

    mutating func take(receiptsOf expected: Int, missing: Int) {
        health.take(receiptsOf: expected, missing: missing)
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

    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - isOneOfSeveral: whether there is another that gets what this one is not trusted with.
    func report(now: UInt64, isOneOfSeveral: Bool) async -> LaneReport {
        let isResting = now < breaker.restsUntil
        let state: LaneReport.State =
            switch breaker.state {
            case _ where isStopped: .paused
            case .closed: isResting ? .resting : pause != nil || window.limit != nil ? .slowed : .open
            case .open: .stopped
            case .probing: .probing
            }
        let slowed = window.limit == nil ? nil : "the other side is overloaded, or was silent for long"
        var report = LaneReport(
            name: transport.name,
            channel: channel,
            state: state,
            since: 0,
            reason: pause?.reason ?? breaker.reason ?? (isResting ? "asked to slow down" : slowed),
            connections: await transport.connections,
            inFlight: outstanding
        )
        report.detail.limit = transport.limit?.perSecond
        if let rate = pause?.rate?.perSecond { report.detail.limit = min(report.detail.limit ?? rate, rate) }
        report.detail.most = window.limit
        report.detail.rate = now - min(now, countedSince) > 5_000_000_000 ? 0 : rate * 1000
        report.detail.lastError = lastError
        report.detail.domains = transport.domains?.patterns
        report.detail.weight = weight
        report.detail.trust = isOneOfSeveral && !health.isWhole ? health.value : nil
        return report
    }
}
