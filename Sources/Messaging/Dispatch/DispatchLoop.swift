import Curl
import Foundation
import Logging
import Storage

/// The dispatcher's state and its turn. Owned by one task, so it needs no lock.
struct DispatchLoop {
    let queue: Queue
    let nodes: Nodes
    let node: Int64
    let settings: MessagingSettings
    let composer: Composer
    var lanes: [Lane]
    let inbox: Inbox
    let clock: WallClock
    let logger: Logger
    var phases: PhaseClock
    var measures: DispatchMeasures
    private(set) var summary = Dispatcher.Summary()

    /// A delivery in hand, and whose.
    private struct InFlight {
        var delivery: Delivery
        let lane: Int
    }

    private var inFlight: [Int64: InFlight] = [:]
    private var bytesInFlight = 0
    /// Deliveries that wait for a new hand-off.
    private var parked: [Int64: Delivery] = [:]
    private var work = Queue.Turn()
    /// Channels whose next due message is known not to be due yet: when it is.
    private var quietUntil: [Channel: Int64] = [:]
    private var changeToken: Int64 = 0
    private var lookedForChange: UInt64 = 0
    private var lookedForPauses: UInt64 = 0
    private var lastBeat: UInt64 = 0
    private var storageFailures = 0
    /// A transaction failed, and perhaps it was committed all the same.
    private var isUnsure = false
    private var isDiskFull = false
    private var hasWithdrawn = false
    private var stopDeadline: UInt64?
    /// Set when the wire was cut: outcomes that are not written by then are uncertain to the next worker.
    private var lastMoment: UInt64?
    private var generator = SystemRandomNumberGenerator()

    /// A hand-off holds so long; afterwards the gate is asked again (monotonic nanoseconds).
    static let handOffHolds: UInt64 = 250_000_000
    /// How often an idle worker looks whether another process has written something.
    static let idlePoll = 100
    /// How often it looks for pauses of its own process.
    static let pausePoll: UInt64 = 1_000_000_000
    static let beatEvery: UInt64 = 2_000_000_000
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
        self.inbox = inbox
        self.clock = clock
        self.logger = logger
        self.phases = phases
        self.measures = measures
    }

    /// One turn: take the reports, write and claim, render and deliver, wait.
    ///
    /// - Returns: whether there is another.
    mutating func turn(isStopping: Bool, untilEmpty: Bool) async -> Bool {
        var now = MonotonicClock.now()
        absorb(inbox.take(), now: now)
        if isStopping { withdraw(now: now) }
        if !isStopping { await noticeChange(now: now) }
        work.claims = isStopping ? [] : claims(now: now)

        var isBusy = false
        if isUnsure || !work.settlements.isEmpty || !work.stale.isEmpty || !work.claims.isEmpty {
            isBusy = await write(now: now)
        }
        await beat(now: now)

        let isClear = inFlight.isEmpty && work.settlements.isEmpty && !isUnsure
        if isStopping, isClear || isPast(lastMoment, now) {
            finish()
            return false
        }
        if untilEmpty, !isBusy, isDone(now: now) {
            finish()
            return false
        }
        now = MonotonicClock.now()
        let isLast = untilEmpty && inFlight.isEmpty && isBusy
        if !isLast, !isBusy || !hasRoom(now: now) { await inbox.wait(milliseconds: pause(now: now)) }
        return true
    }

    // MARK: - Reports

    private mutating func absorb(_ reports: [DeliveryReport], now: UInt64) {
        guard !reports.isEmpty else { return }
        var counts = [Int](repeating: 0, count: lanes.count)
        for report in reports {
            guard let entry = inFlight.removeValue(forKey: report.id) else { continue }
            lanes[entry.lane].outstanding -= 1
            bytesInFlight -= entry.delivery.payload.size
            counts[entry.lane] += 1
            if let sign = report.sign { notice(sign, lane: entry.lane, now: now) }
            switch report.result {
            case .stale:
                measures.waited(lane: lanes[entry.lane].transport.name)
                lanes[entry.lane].giveBack(entry.delivery, now: now)
                work.stale.append(entry.delivery.handOff)
                parked[report.id] = entry.delivery
            case .outcome(let outcome):
                settle(entry.delivery.handOff, lane: entry.lane, outcome)
            }
        }
        for index in lanes.indices where counts[index] > 0 { lanes[index].took(counts[index], now: now) }
    }

    private mutating func settle(_ handOff: HandOff, lane: Int, _ outcome: Outcome) {
        if let word = outcome.word { summary.attempts[word, default: 0] += 1 }
        measures.ended(handOff, lane: lanes[lane].transport.name, outcome, now: clock.now())
        logger.debug("outcome", metadata: ["message": "\(handOff.id)", "outcome": "\(outcome)"])
        let random: Double
        switch outcome {
        case .accepted, .rejected, .held:
            random = 0
        case .retry, .uncertain, .putBack:
            random = Double.random(in: 0..<1, using: &generator)
            quietUntil[handOff.channel] = nil
        }
        let policy = lanes[lane].policy
        work.settlements.append(
            Settlement(
                handOff: handOff,
                transport: lanes[lane].transport.name,
                outcome: outcome,
                retry: policy.retry,
                uncertain: policy.uncertain,
                random: random
            )
        )
    }

    private mutating func notice(_ sign: Breaker.Sign, lane: Int, now: UInt64) {
        let wasOpen = lanes[lane].breaker.isOpen
        let before = lanes[lane].breaker.state
        lanes[lane].breaker.take(sign, now: now)
        let breaker = lanes[lane].breaker
        if breaker.isOpen, !wasOpen {
            logger.error(
                "lane stopped; its messages wait",
                metadata: [
                    "lane": "\(lanes[lane].transport.name)",
                    "reason": "\(Redaction.withoutAddresses(breaker.reason ?? ""))",
                ]
            )
            lanes[lane].transport.withdraw()
            lastBeat = 0
        } else if breaker.state == .closed, before != .closed {
            logger.notice("lane works again", metadata: ["lane": "\(lanes[lane].transport.name)"])
            lastBeat = 0
        }
    }

    // MARK: - Claims

    private func claims(now: UInt64) -> [ClaimRequest] {
        let wall = clock.now()
        var requests: [ClaimRequest] = []
        for channel in Channel.dispatched where (quietUntil[channel] ?? 0) <= wall {
            guard let lane = lane(for: channel, now: now) else { continue }
            let stale = work.stale.count { $0.channel == channel }
            let testRoom = self.lane(for: channel, isTest: true, now: now).map { lanes[$0].room(now: now) } ?? 0
            let room = min(lanes[lane].room(now: now) - stale, testRoom, DispatchLoop.mostPerClaim)
            guard room > 0 else { continue }
            requests.append(
                ClaimRequest(
                    channel: channel,
                    limit: room,
                    byteBudget: max(0, DispatchLoop.mostBytes - bytesInFlight),
                    isFirstFree: inFlight.isEmpty
                )
            )
        }
        return requests
    }

    /// The first lane of the channel that has room. A stopped one whose wait is over has room for one message, which tries
    /// it; the next lane takes the others meanwhile.
    private func lane(for channel: Channel, isTest: Bool = false, now: UInt64) -> Int? {
        lanes.indices.first {
            lanes[$0].channel == channel && lanes[$0].isTest == isTest && lanes[$0].room(now: now) > 0
        }
    }

    private func hasRoom(now: UInt64) -> Bool {
        let wall = clock.now()
        return Channel.dispatched.contains { channel in
            guard (quietUntil[channel] ?? 0) <= wall, let lane = lane(for: channel, now: now) else { return false }
            return lanes[lane].room(now: now) > lanes[lane].limit / 4
        }
    }

    /// Work of this process says where it is; after a change by another process every channel is looked at again.
    private mutating func noticeChange(now: UInt64) async {
        for (channel, due) in inbox.takeWork() {
            if let quiet = quietUntil[channel] { quietUntil[channel] = min(quiet, due) }
        }
        guard now - lookedForChange >= UInt64(DispatchLoop.idlePoll) * 1_000_000 else { return }
        lookedForChange = now
        if now - lookedForPauses >= DispatchLoop.pausePoll { await lookForPauses(now: now) }
        guard let token = try? await queue.database.changeToken(), token != changeToken else { return }
        changeToken = token
        quietUntil = [:]
        await lookForPauses(now: now)
    }

    private mutating func lookForPauses(now: UInt64) async {
        guard let pauses = try? await queue.database.read({ try Pauses.list($0) }) else { return }
        lookedForPauses = now
        let wall = clock.now()
        for index in lanes.indices where !lanes[index].isTest {
            let lane = lanes[index]
            let pause = pauses.first { $0.covers(lane.channel, lane.transport.name, now: wall) }
            guard pause != lane.pause else { continue }
            lanes[index].pause = pause
            lastBeat = 0
            if pause != nil { lane.transport.withdraw() }
            logger.notice(
                pause == nil ? "lane goes on" : "lane paused",
                metadata: ["lane": "\(lane.transport.name)", "reason": "\(pause?.reason ?? "")"]
            )
        }
    }

    // MARK: - The transaction

    /// - Returns: whether anything came or was written.
    private mutating func write(now: UInt64) async -> Bool {
        do {
            if !work.claims.isEmpty { try queue.requireRoom() }
            isDiskFull = false
        } catch {
            work.claims = []
            if !isDiskFull { logger.error("nothing is claimed: \(error)") }
            isDiskFull = true
        }
        guard isUnsure || !work.settlements.isEmpty || !work.stale.isEmpty || !work.claims.isEmpty else { return false }
        work.inHand = isUnsure ? Set(inFlight.keys).union(parked.keys) : nil
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
        let wasBusy = !work.settlements.isEmpty || !work.stale.isEmpty
        let stale = work.stale
        for channel in work.claims.map(\.channel) { quietUntil[channel] = nil }
        work = Queue.Turn()
        for (channel, due) in result.nextDue { quietUntil[channel] = due ?? .max }
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
    private mutating func composed(_ result: Queue.TurnResult, now: UInt64) -> [Delivery] {
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(result.handOffs.count)
        for var handOff in result.handOffs {
            do {
                let payload = try composer.compose(handOff, &phases)
                handOff.document = []
                let startBy = startBy(handOff, result.startedAt)
                deliveries.append(Delivery(handOff: handOff, payload: payload, startBy: startBy))
            } catch {
                let lane = lanes.firstIndex { $0.channel == handOff.channel } ?? 0
                settle(handOff, lane: lane, .held(.render, "\(error)"))
            }
        }
        return deliveries
    }

    /// What did not start in time and may go all the same.
    private mutating func resumed(_ stale: [HandOff], _ result: Queue.TurnResult) -> [Delivery] {
        stale.compactMap { handOff in
            guard var delivery = parked.removeValue(forKey: handOff.id), result.mayGo.contains(handOff.id) else {
                return nil
            }
            delivery.startBy = startBy(handOff, result.startedAt)
            return delivery
        }
    }

    /// A hand-off holds for 250 ms, and never beyond the message's expiry.
    private func startBy(_ handOff: HandOff, _ gateAskedAt: UInt64) -> UInt64 {
        guard let expires = handOff.expires else { return gateAskedAt + DispatchLoop.handOffHolds }
        let left = UInt64(max(0, expires - clock.now())) * 1_000_000
        return gateAskedAt + min(DispatchLoop.handOffHolds, left)
    }

    private mutating func send(_ deliveries: [Delivery], now: UInt64) {
        var batches: [Int: [Delivery]] = [:]
        for delivery in deliveries {
            let handOff = delivery.handOff
            guard let lane = lane(for: handOff.channel, isTest: handOff.isTest, now: now) else {
                settle(handOff, lane: lanes.firstIndex { $0.channel == handOff.channel } ?? 0, .putBack)
                continue
            }
            lanes[lane].begin(delivery, now: now)
            bytesInFlight += delivery.payload.size
            inFlight[handOff.id] = InFlight(delivery: delivery, lane: lane)
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
            parked[handOff.id] = nil
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
            reports.append(await lane.report(now: now))
        }
        lastBeat = now
        do {
            try await nodes.beat(node, reports)
        } catch {
            logger.debug("the heartbeat was not written: \(error)")
        }
    }

    private func isPast(_ deadline: UInt64?, _ now: UInt64) -> Bool {
        deadline.map { now >= $0 } ?? false
    }

    /// Nothing in hand, and nothing due that a lane would take: what is left is not due, or its lane is stopped.
    private func isDone(now: UInt64) -> Bool {
        guard inFlight.isEmpty, work.settlements.isEmpty, work.stale.isEmpty, storageFailures == 0 else { return false }
        let wall = clock.now()
        return lanes.allSatisfy { lane in
            lane.isTest || lane.breaker.isOpen || lane.isQuiet(now: now)
                || (quietUntil[lane.channel].map { $0 > wall } ?? false)
        }
    }

    private func pause(now: UInt64) -> Int {
        let wall = clock.now()
        let due = inFlight.isEmpty ? quietUntil.values.filter { $0 > wall }.min() : nil
        let next = due.map { $0 - wall } ?? Int64(DispatchLoop.idlePoll)
        let rate = lanes.map { $0.wait(now: now) }.filter { $0 > 0 }.min().map { Int64($0 / 1_000_000) + 1 } ?? next
        return Int(max(1, min(Int64(DispatchLoop.idlePoll), next, rate)))
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
