import Curl
import Dispatch
import Logging
import Storage
import Synchronization

/// The dispatcher's state and its turn. Owned by one task, so it needs no lock.
struct DispatchLoop {
    let queue: Queue
    let nodes: Nodes
    let node: Int64
    let settings: MessagingSettings
    let composer: Composer
    var lanes: [Lane]
    /// Some transports are for some recipient domains alone.
    let hasBoundLanes: Bool
    let inbox: Inbox
    let clock: WallClock
    let logger: Logger
    var phases: PhaseClock
    var measures: DispatchMeasures
    var summary = Dispatcher.Summary()

    /// A delivery in hand, and whose.
    struct InFlight {
        var delivery: Delivery
        let lane: Int
        /// Which limits count it, and what it was charged there.
        var limits: [Int] = []
        var cost = 1
    }

    var inFlight: [Int64: InFlight] = [:]
    var bytesInFlight = 0
    /// Deliveries that wait for a new hand-off, and which limits count them.
    var stale: [Int64: (delivery: Delivery, limits: [Int])] = [:]
    var work = Queue.Turn()
    /// What there is to claim, by channel.
    var books: [Channel: ShareBook] = [:]
    /// Channels whose parked messages have been found.
    var loaded: Set<Channel> = []
    var shaper: Shaper
    var replies: ReplyWatch
    /// Orders that follow from replies, until they are written.
    var orders: [Pause] = []
    /// What ``work`` asks of the calendar's limits, and of whom.
    var reserving: [(number: Int, reservation: Reservation)] = []
    var startedBefore: (counts: [String: Int], at: UInt64) = ([:], 0)
    var changeToken: Int64 = 0
    var lookedForChange: UInt64 = 0
    var lookedForPauses: UInt64 = 0
    var lastBeat: UInt64 = 0
    var lookedForReceipts: UInt64 = 0
    private var storageFailures = 0
    /// A transaction failed, and perhaps it was committed all the same.
    private var isUnsure = false
    private var isDiskFull = false
    private var hasWithdrawn = false
    private var stopDeadline: UInt64?
    /// Set when the wire was cut: outcomes that are not written by then are uncertain to the next worker.
    private var lastMoment: UInt64?
    var generator = SystemRandomNumberGenerator()

    /// A hand-off holds so long; afterwards the gate is asked again (monotonic nanoseconds).
    static let handOffHolds: UInt64 = 250_000_000
    /// How often an idle worker looks whether another process has written something.
    static let idlePoll = 100
    /// How often it looks for pauses of its own process.
    static let pausePoll: UInt64 = 1_000_000_000
    static let beatEvery: UInt64 = 2_000_000_000
    static let receiptsEvery = UInt64(MissingReceipts.stretch) * 1_000_000
    static let mostPerClaim = 1024
    /// Bytes of rendered messages in hand beyond which no large one is claimed.
    static let mostBytes = 64 << 20
    /// After the wire was cut, its reports are written within this time.
    static let settlesWithin: UInt64 = 2_000_000_000

    init(
        queue: Queue,
        nodes: Nodes,
        node: Int64,
        settings: MessagingSettings,
        composer: Composer,
        lanes: [Lane],
        inbox: Inbox,
        clock: WallClock,
        logger: Logger,
        phases: PhaseClock,
        measures: DispatchMeasures
    ) {
        self.queue = queue
        self.nodes = nodes
        self.node = node
        self.settings = settings
        self.composer = composer
        self.lanes = lanes
        hasBoundLanes = lanes.contains { $0.transport.domains != nil }
        self.inbox = inbox
        self.clock = clock
        self.logger = logger
        self.phases = phases
        self.measures = measures
        shaper = Shaper(settings.limits, senders: settings.senders, since: MonotonicClock.now())
        replies = ReplyWatch(settings.replyRules)
        for lane in lanes { books[lane.channel] = ShareBook() }
    }

    /// One turn: take the reports, write and claim, render and deliver, wait.
    ///
    /// - Returns: whether there is another.
    mutating func turn(isStopping: Bool, untilEmpty: Bool) async -> Bool {
        var now = MonotonicClock.now()
        absorb(inbox.take(), now: now)
        if !orders.isEmpty { await give(now: now) }
        if isStopping { withdraw(now: now) }
        if !isStopping { await noticeChange(now: now) }
        // What stands there was asked for in a turn that failed.
        drop(work.claims, now: now)
        work.claims = isStopping ? [] : claims(now: now)
        if !isStopping { reserve() }

        var isBusy = false
        if isUnsure || !work.isEmpty {
            isBusy = await write(now: now)
        }
        await beat(now: now)

        let isClear = inFlight.isEmpty && work.settlements.isEmpty && work.parkings.isEmpty && !isUnsure
        if isStopping, isClear || isPast(lastMoment, now) {
            finish()
            return false
        }
        if untilEmpty, !isBusy, isDone(now: now) {
            lastBeat = 0
            await beat(now: now)
            finish()
            return false
        }
        now = MonotonicClock.now()
        let isLast = untilEmpty && inFlight.isEmpty && isBusy
        if !isLast, !isBusy || !hasRoom(now: now) { await inbox.wait(milliseconds: pause(now: now)) }
        return true
    }

    // MARK: - The transaction

    /// - Returns: whether anything came or was written.
    private mutating func write(now: UInt64) async -> Bool {
        do {
            if !work.claims.isEmpty { try queue.requireRoom() }
            isDiskFull = false
        } catch {
            drop(work.claims, now: now)
            work.claims = []
            if !isDiskFull { logger.error("nothing is claimed: \(error)") }
            isDiskFull = true
        }
        guard isUnsure || !work.isEmpty else { return false }
        work.inHand = isUnsure ? Set(inFlight.keys).union(stale.keys) : nil
        let result: Queue.TurnResult
        do {
            let start = MonotonicClock.now()
            result = try await queue.turn(work, node: node, isMeasured: phases.isOn)
            measures.took(work, result, nanoseconds: MonotonicClock.now() - start)
        } catch {
            await suffer(error)
            return false
        }
        if storageFailures > 0 {
            logger.notice("the database can be written again")
            storageFailures = 0
            isUnsure = false
        }
        let wasBusy =
            !work.settlements.isEmpty || !work.stale.isEmpty || !work.parkings.isEmpty
            || result.gate.values.contains { $0.keys.contains { $0 != .send } }
        let stale = work.stale
        note(work, result, now: now)
        work = Queue.Turn()
        phases.add(result.settling, to: .settle)
        phases.add(result.claiming, to: .claim)
        send(resumed(stale, result) + composed(result, now: now), now: now)
        return wasBusy || !result.handOffs.isEmpty
    }

    /// The database cannot be written: say so once, and try again after a while. Outcomes stay in hand.
    private mutating func suffer(_ error: any Error) async {
        storageFailures += 1
        measures.failed()
        isUnsure = true
        if storageFailures == 1 { logger.error("the database cannot be written: \(error)") }
        await inbox.wait(milliseconds: min(1000, 20 << min(storageFailures, 6)))
    }

    /// Renders what was handed off. What cannot be rendered any more is held: a template or brand was changed since it was
    /// accepted, and a person can mend that.
    private mutating func composed(_ result: Queue.TurnResult, now: UInt64) -> [(Delivery, [Int])] {
        var deliveries: [(Delivery, [Int])] = []
        deliveries.reserveCapacity(result.handOffs.count)
        let admitted = admitted(result.handOffs, now: now)
        let rendered = renderedTogether(admitted.map(\.0))
        for (index, (var handOff, limits)) in admitted.enumerated() {
            do {
                let payload =
                    if rendered.isEmpty { try composer.compose(handOff, &phases) } else { try rendered[index].get() }
                handOff.document = []
                handOff.contentHash = payload.hash
                let startBy = startBy(handOff, result.startedAt)
                deliveries.append((Delivery(handOff: handOff, payload: payload, startBy: startBy), limits))
            } catch {
                shaper.charge(limits, -1, now: now, wall: clock.now())
                shaper.end(limits)
                let lane = lanes.firstIndex { $0.channel == handOff.channel } ?? 0
                settle(handOff, lane: lane, .held(.render, "\(error)"))
            }
        }
        return deliveries
    }

    /// Several at once, where signing them takes long; nothing where one after the other is as well.
    private func renderedTogether(_ handOffs: [HandOff]) -> [Result<Delivery.Payload, any Error>] {
        guard handOffs.count > 3, handOffs.contains(where: { composer.isSigned($0.brand) }) else { return [] }
        let slots = Mutex([Result<Delivery.Payload, any Error>?](repeating: nil, count: handOffs.count))
        DispatchQueue.concurrentPerform(iterations: handOffs.count) { index in
            var phases = PhaseClock(isOn: false)
            let payload = Result { try composer.compose(handOffs[index], &phases) }
            slots.withLock { $0[index] = payload }
        }
        return slots.withLock { $0.compactMap(\.self) }
    }

    /// What did not start in time and may go all the same.
    private mutating func resumed(_ stale: [HandOff], _ result: Queue.TurnResult) -> [(Delivery, [Int])] {
        stale.compactMap { handOff in
            guard var (delivery, limits) = self.stale.removeValue(forKey: handOff.id) else { return nil }
            guard result.mayGo.contains(handOff.id) else {
                shaper.charge(limits, -1, now: MonotonicClock.now(), wall: clock.now())
                shaper.end(limits)
                return nil
            }
            delivery.startBy = startBy(handOff, result.startedAt)
            return (delivery, limits)
        }
    }

    /// A hand-off holds for 250 ms, and never beyond the message's expiry or the time of day in which it may leave.
    private func startBy(_ handOff: HandOff, _ gateAskedAt: UInt64) -> UInt64 {
        guard let expires = handOff.latest else { return gateAskedAt + DispatchLoop.handOffHolds }
        let left = UInt64(max(0, expires - clock.now())) * 1_000_000
        return gateAskedAt + min(DispatchLoop.handOffHolds, left)
    }

    private mutating func send(_ deliveries: [(Delivery, [Int])], now: UInt64) {
        var batches: [Int: [Delivery]] = [:]
        let wall = clock.now()
        for (delivery, limits) in deliveries {
            let handOff = delivery.handOff
            guard let lane = lane(for: handOff, now: now) else {
                shaper.charge(limits, -1, now: now, wall: wall)
                shaper.end(limits)
                settle(handOff, lane: lanes.firstIndex { $0.channel == handOff.channel } ?? 0, .putBack)
                continue
            }
            lanes[lane].begin(delivery, now: now)
            bytesInFlight += delivery.payload.size
            inFlight[handOff.id] = InFlight(delivery: delivery, lane: lane, limits: limits)
            if !limits.isEmpty {
                let cost = lanes[lane].transport.cost(of: delivery)
                inFlight[handOff.id]?.cost = cost
                if cost > 1 { shaper.charge(limits, cost - 1, now: now, wall: wall) }
                if let price = lanes[lane].transport.price {
                    shaper.spend(limits, price.micros * Int64(cost), wall: wall)
                }
            }
            batches[lane, default: []].append(delivery)
        }
        for (lane, batch) in batches { lanes[lane].transport.deliver(batch) }
    }

    // MARK: - Life

    private mutating func withdraw(now: UInt64) {
        if !hasWithdrawn {
            hasWithdrawn = true
            stopDeadline = now + UInt64(settings.stopWithin.milliseconds) * 1_000_000
            logger.info("stopping: nothing more is claimed", metadata: ["on_the_wire": "\(inFlight.count)"])
            for lane in lanes { lane.transport.withdraw() }
        }
        if isPast(stopDeadline, now), lastMoment == nil {
            logger.warning(
                "the time to stop is over: what is on the wire is cut",
                metadata: ["count": "\(inFlight.count)"]
            )
            lastMoment = now + DispatchLoop.settlesWithin
            for lane in lanes { lane.transport.abort() }
        }
        for handOff in work.stale {
            if let entry = stale.removeValue(forKey: handOff.id) {
                shaper.charge(entry.limits, -1, now: now, wall: clock.now())
                shaper.end(entry.limits)
            }
            if let lane = lanes.firstIndex(where: { $0.channel == handOff.channel }) {
                settle(handOff, lane: lane, .putBack)
            }
        }
        work.stale = []
    }

    private mutating func beat(now: UInt64) async {
        guard now - lastBeat >= DispatchLoop.beatEvery else { return }
        var reports: [LaneReport] = []
        for lane in lanes where !lane.isTest && (lane.channel != .event || lane.hasWorked) {
            reports.append(await lane.report(now: now, isOneOfSeveral: isChoice(lane.channel)))
        }
        lastBeat = now
        do {
            try await nodes.beat(node, reports, limitReports(now: now))
        } catch {
            logger.debug("the heartbeat was not written: \(error)")
        }
    }

    private func isPast(_ deadline: UInt64?, _ now: UInt64) -> Bool {
        deadline.map { now >= $0 } ?? false
    }

    /// Nothing in hand, and nothing due that a lane would take: what is left is not due, or it is kept for longer than a moment.
    private mutating func isDone(now: UInt64) -> Bool {
        guard inFlight.isEmpty, work.settlements.isEmpty, work.stale.isEmpty, work.parkings.isEmpty,
            storageFailures == 0
        else { return false }
        let wall = clock.now()
        return books.allSatisfy { channel, book in
            let open = lanes.filter {
                $0.channel == channel && !$0.isTest && !$0.breaker.isOpen && !$0.isQuiet(now: now)
            }
            if open.isEmpty { return true }
            let shares = book.dueBrands(wall).map { Share(channel: channel, brand: $0) } + book.parkedShares
            return shares.allSatisfy { isShut($0, now: now, wall: wall) }
        }
    }

    /// How long nothing can be done but by a report: milliseconds.
    private mutating func pause(now: UInt64) -> Int {
        let wall = clock.now()
        let due = inFlight.isEmpty ? books.values.compactMap { $0.nextDue(after: wall) }.min() : nil
        var next = due.map { $0 - wall } ?? Int64(DispatchLoop.idlePoll)
        if let rate = lanes.map({ $0.wait(now: now) }).filter({ $0 > 0 }).min() {
            next = min(next, Int64(rate / 1_000_000) + 1)
        }
        // A share can only move where a lane has room; where none has, a report or a look at the time makes some.
        let open = books.keys.filter { claimRoom($0, now: now) > 0 }
        if let wake = open.compactMap({ books[$0]?.nextWake }).min() {
            next = min(next, wake <= now ? 1 : Int64((wake - now) / 1_000_000) + 1)
        }
        return Int(max(1, min(Int64(DispatchLoop.idlePoll), next)))
    }

    private mutating func finish() {
        summary.phases = Dictionary(uniqueKeysWithValues: phases.nanoseconds.map { ($0.key.rawValue, $0.value) })
        let now = MonotonicClock.now()
        for lane in lanes where lane.breaker.state != .closed || lane.isQuiet(now: now) {
            let reason = lane.pause.map { "paused: \($0.reason)" } ?? lane.breaker.reason ?? "asked to slow down"
            summary.stoppedLanes["\(lane.channel.rawValue): \(lane.transport.name)"] = reason
        }
        summary.unsettled = inFlight.count + work.settlements.count
        if summary.unsettled > 0 {
            logger.error(
                "ended before every outcome was written: the next worker calls them uncertain",
                metadata: ["count": "\(summary.unsettled)"]
            )
        }
    }
}
