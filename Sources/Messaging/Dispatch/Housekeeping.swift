import Dispatch
public import Logging
public import ServiceLifecycle
public import Storage
import Synchronization

/// What the serving process does beside sending: ends what has expired and forgets what is old, in small batches.
public final class Housekeeping: Service {
    private let queue: Queue
    private let retention: TimeSpan?
    private let rawRetention: TimeSpan
    private let evidenceRetention: TimeSpan?
    private let clock: WallClock
    private let logger: Logger
    private let alarm = Inbox()
    private let stopping = Atomic<Bool>(false)
    private let toldHead = Atomic<Int64>(0)
    private let sweptAt = Atomic<Int64>(0)
    private let guardedAt = Atomic<Int64>(0)

    static let every = 5_000
    static let batch = 500
    /// A run that was kept may be large.
    static let manyKept = 5_000
    /// How often the head of the evidence goes to the log, which others keep: milliseconds.
    static let headEvery: Int64 = 3_600_000
    static let guardEvery: Int64 = 60_000

    public init(
        queue: Queue,
        retention: TimeSpan?,
        rawRetention: TimeSpan = TimeSpan(milliseconds: 30 * 86_400_000),
        evidenceRetention: TimeSpan? = nil,
        clock: WallClock = .system,
        logger: Logger
    ) {
        self.queue = queue
        self.retention = retention
        self.rawRetention = rawRetention
        self.evidenceRetention = evidenceRetention
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            while !stopping.load(ordering: .acquiring) {
                do {
                    try await sweep()
                } catch {
                    logger.warning("housekeeping was put off: \(error)")
                }
                await alarm.wait(milliseconds: Housekeeping.every)
            }
        } onGracefulShutdown: {
            self.stopping.store(true, ordering: .releasing)
            self.alarm.raise()
        }
    }

    /// Writes the head of the evidence to the log once an hour: an end that is cut off later shows against it.
    private func tellHead() async throws {
        let last = toldHead.load(ordering: .relaxed)
        guard clock.now() - last >= Housekeeping.headEvery, let head = try await Evidence(queue.database).head() else {
            return
        }
        toldHead.store(clock.now(), ordering: .relaxed)
        logger.notice("evidence", metadata: ["head": "\(head.number):\(head.hashText)"])
    }

    /// Stops or slows brands whose email is called spam or refused, for the same at most once in a while: a person who lifts such an order
    /// is not overruled at once.
    private func guardStreams() async throws {
        let now = clock.now()
        guard now - guardedAt.load(ordering: .relaxed) >= Housekeeping.guardEvery else { return }
        guardedAt.store(now, ordering: .relaxed)
        for (brand, figures) in try await StreamGuard.figures(queue, now: now) {
            guard let (kind, order) = StreamGuard.order(brand, figures, now: now) else { continue }
            let isGiven = try await queue.database.write(.power) { transaction in
                guard try !StreamGuard.isTold(kind, brand, now: now, transaction), try Pauses.put(order, transaction)
                else { return false }
                try StreamGuard.tell(kind, brand, now: now, transaction)
                return true
            }
            guard isGiven else { continue }
            queue.bell.ring(Bell.anything)
            logger.error("\(order.subject): \(order.reason)")
        }
    }

    /// Once a day: forgets replies that were seen to and traces that no rule counts, and erases the words of evidence that no rule asks
    /// for.
    private func sweepDaily() async throws {
        let now = clock.now()
        guard now - sweptAt.load(ordering: .relaxed) >= StreamGuard.day else { return }
        sweptAt.store(now, ordering: .relaxed)
        try await Contacts.forgetTraces(before: now - queue.longestCap, queue.database)
        if let retention { try await Replies(queue.database).prune(before: now - retention.milliseconds) }
        guard let keep = evidenceRetention?.milliseconds else { return }
        var after: Int64 = 0
        while !stopping.load(ordering: .acquiring),
            let last = try await Evidence(queue.database)
                .eraseOld(before: now - keep, after: after, limit: Housekeeping.batch)
        {
            after = last
        }
    }

    /// One round.
    func sweep() async throws {
        while !stopping.load(ordering: .acquiring),
            try await queue.expire(limit: Housekeeping.batch) == Housekeeping.batch
        {}
        while !stopping.load(ordering: .acquiring),
            try await queue.decideFallbacks(now: clock.now(), limit: Housekeeping.batch) == Housekeeping.batch
        {}
        try await HookLog(queue).forgetRaw(before: clock.now() - rawRetention.milliseconds)
        try await Reservation.forget(before: clock.now() - 3 * 86_400_000, queue.database)
        try await tellHead()
        try await sweepDaily()
        try await guardStreams()
        for fault in try await Runs.judge(queue, now: clock.now()) { logger.error("\(fault)") }
        while !stopping.load(ordering: .acquiring),
            try await queue.freeKept(now: clock.now(), limit: Housekeeping.manyKept) == Housekeeping.manyKept
        {}
        guard let retention else { return }
        let cutoff = clock.now() - retention.milliseconds
        var total = 0
        while !stopping.load(ordering: .acquiring) {
            let count = try await queue.prune(finishedBefore: cutoff, limit: Housekeeping.batch)
            total += count
            if count < Housekeeping.batch { break }
        }
        while !stopping.load(ordering: .acquiring),
            try await HookLog(queue).prune(before: cutoff, limit: Housekeeping.batch) == Housekeeping.batch
        {}
        if total > 0 { logger.info("forgot messages that ended long ago", metadata: ["count": "\(total)"]) }
    }
}
