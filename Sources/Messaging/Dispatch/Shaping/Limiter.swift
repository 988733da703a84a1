/// One limit at run time: what has left under it and what may. Monotonic times are nanoseconds, others milliseconds UTC.
struct Limiter: Sendable {
    let channel: Channel
    /// Such as `limit:google`, `domain:example.com`, `brand:acme`.
    let name: String
    let rule: LimitRule?
    private var bucket: RateBucket?
    private(set) var quotas: [QuotaState]
    private(set) var inFlight = 0
    /// All that have left since the process began.
    private(set) var started = 0
    /// Messages that it keeps, as far as this worker knows.
    var parked = 0
    /// A standing order about it, and what such an order lets through.
    private(set) var order: Pause?
    private var orderBucket: RateBucket?
    /// The last words by which the other side refused to go on.
    var lastError: String?

    /// While only a report can make room, it is looked at so often.
    static let poll: UInt64 = 20_000_000

    /// - Parameter since: when the process began; until then the bucket was empty, so that a restart is no second burst.
    init(channel: Channel, name: String, rule: LimitRule?, since: UInt64) {
        self.channel = channel
        self.name = name
        self.rule = rule
        bucket = rule?.rate.map { RateBucket($0, now: since) }
        quotas = rule?.quotas.map(QuotaState.init) ?? []
    }

    /// How many may start now.
    mutating func room(_ now: UInt64, _ wall: Int64) -> Int {
        if let order, order.isInForce(wall), order.rate == nil { return 0 }
        var room = Int.max
        if let concurrency = rule?.concurrency { room = max(0, concurrency - inFlight) }
        if let bucket { room = min(room, bucket.room(now: now)) }
        if let orderBucket, order?.isInForce(wall) == true { room = min(room, orderBucket.room(now: now)) }
        for index in quotas.indices { room = min(room, quotas[index].room(wall)) }
        return room
    }

    /// When it is worth asking again, where there is no room now.
    mutating func wakes(_ now: UInt64, _ wall: Int64) -> UInt64 {
        var wake = now + Limiter.poll
        func later(_ milliseconds: Int64) -> UInt64 { now + UInt64(max(0, milliseconds)) * 1_000_000 }
        if let order, order.isInForce(wall) {
            if order.rate == nil { wake = max(wake, order.until.map { later(min($0 - wall, 1000)) } ?? later(1000)) }
            if let orderBucket { wake = max(wake, now + orderBucket.wait(now: now)) }
        }
        if let bucket { wake = max(wake, now + bucket.wait(now: now)) }
        for index in quotas.indices { wake = max(wake, later(min(quotas[index].waits(until: wall) - wall, 1000))) }
        return wake
    }

    /// Whether nothing leaves before a word, or before more than some seconds have passed.
    mutating func isShut(_ wall: Int64) -> Bool {
        if let order, order.isInForce(wall), order.rate == nil { return true }
        for index in quotas.indices where quotas[index].waits(until: wall) > wall { return true }
        return false
    }

    mutating func begin(_ now: UInt64, _ wall: Int64) {
        inFlight += 1
        charge(1, now, wall)
        started += 1
    }

    /// What it costs beyond the one that ``begin(_:_:)`` takes; below 0 gives back.
    mutating func charge(_ cost: Int, _ now: UInt64, _ wall: Int64) {
        guard cost != 0 else { return }
        bucket?.take(cost, now: now)
        orderBucket?.take(cost, now: now)
        for index in quotas.indices where quotas[index].quota.dearest == nil { quotas[index].take(cost, wall) }
    }

    /// Below 0 for what was not taken after all.
    mutating func spend(_ micros: Int64, _ wall: Int64) {
        for index in quotas.indices where quotas[index].quota.dearest != nil { quotas[index].take(Int(micros), wall) }
    }

    mutating func end() { inFlight -= 1 }

    mutating func obey(_ order: Pause?, _ now: UInt64) {
        guard order != self.order else { return }
        self.order = order
        orderBucket = order?.rate.map {
            RateBucket(RateLimit(perSecond: $0.perSecond, burst: Limiter.burst($0.perSecond)), now: now)
        }
    }

    /// What an order lets through at once: what its rate allows until it is looked at again.
    static func burst(_ perSecond: Double) -> Int { max(1, Int((perSecond * 0.05).rounded(.up))) }

    /// What it wants to be granted of the hour or the day.
    mutating func reservations(_ wall: Int64) -> [Reservation] {
        quotas.indices.compactMap { index in
            let amount = quotas[index].ask(wall)
            guard amount > 0 else { return nil }
            let state = quotas[index]
            return Reservation(
                channel: channel,
                name: "\(name)/\(state.quota.word)",
                began: state.began,
                amount: amount,
                most: state.quota.most
            )
        }
    }

    mutating func grant(_ count: Int, _ reservation: Reservation) {
        for index in quotas.indices where reservation.name.hasSuffix("/\(quotas[index].quota.word)") {
            quotas[index].grant(count, of: reservation.amount, for: reservation.began)
        }
    }

    /// - Parameter rate: what has left of late, messages a second.
    func report(rate: Double, _ wall: Int64) -> LimitReport {
        let isOrdered = order?.isInForce(wall) ?? false
        let ordered = isOrdered ? order?.rate?.perSecond : nil
        var report = LimitReport(
            channel: channel,
            name: name,
            limit: [rule?.rate?.perSecond, ordered].compactMap(\.self).min(),
            concurrency: rule?.concurrency,
            rate: rate,
            inFlight: inFlight,
            parked: parked
        )
        if isOrdered, let order { report.reason = "\(order.reason) (\(order.by))" }
        if let quota = quotas.first(where: \.isExhausted) {
            report.reason = report.reason ?? quota.quota.exhausted
            report.until = quota.ends
        }
        if isOrdered { report.until = order?.until }
        report.lastError = lastError
        return report
    }

    /// Nothing would be forgotten with it.
    func isIdle(_ now: UInt64) -> Bool {
        inFlight == 0 && parked == 0 && order == nil && quotas.isEmpty && (bucket.map { $0.isFull(now: now) } ?? true)
    }
}
