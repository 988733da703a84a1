import Curl
import Foundation
public import Logging
public import ServiceLifecycle
public import Storage
import Synchronization

/// The worker: claims what is due, hands it to the lanes, and settles what comes of it.
///
/// One task runs one loop. A turn writes all outcomes and claims the next messages in a single transaction, renders what it
/// was given, and hands it to the transports. It survives a full or busy disk: nothing is claimed meanwhile, and no outcome
/// is let go before it is written.
public final class Dispatcher: Service {
    private let queue: Queue
    private let settings: MessagingSettings
    private let composer: Composer
    private let lanes: [Lane]
    private let options: Options
    private let clock: WallClock
    private let logger: Logger
    private let inbox = Inbox()
    private let stopping = Atomic<Bool>(false)
    private let summaryBox = Mutex(Summary())
    private let admissionEnd: AsyncStream<Void>.Continuation
    /// Ends when the worker has been admitted to the database.
    public let admission: AsyncStream<Void>

    public struct Options: Sendable {
        /// What `status` and a refused second worker call this process.
        public var name: String
        /// Return when nothing is due or in flight.
        public var untilEmpty: Bool
        /// Measure the processor time of each phase.
        public var profile: Bool
        /// Count and time what is done, for swift-metrics.
        public var isMeasured: Bool
        /// Called on every turn of the loop: a watchdog's sign of life.
        public var onTurn: @Sendable () -> Void

        public init(
            name: String,
            untilEmpty: Bool = false,
            profile: Bool = false,
            isMeasured: Bool = false,
            onTurn: @escaping @Sendable () -> Void = {}
        ) {
            self.name = name
            self.untilEmpty = untilEmpty
            self.profile = profile
            self.isMeasured = isMeasured
            self.onTurn = onTurn
        }
    }

    /// What a run did.
    public struct Summary: Sendable {
        /// Attempts by outcome: `accepted`, `retry`, `rejected`, `uncertain`.
        public var attempts: [String: Int] = [:]
        /// Processor time by phase, nanoseconds; empty unless it was measured.
        public var phases: [String: UInt64] = [:]
        /// Outcomes that could not be written before the end: those messages are uncertain to the next worker.
        public var unsettled = 0
        /// Lanes that were stopped by a fault of ours when the run ended, with the reason.
        public var stoppedLanes: [String: String] = [:]
    }

    public init(
        queue: Queue,
        settings: MessagingSettings,
        composer: Composer,
        transports: [Channel: [any Transport]],
        options: Options,
        clock: WallClock = .system,
        logger: Logger
    ) {
        self.queue = queue
        self.settings = settings
        self.composer = composer
        lanes = Channel.dispatched.flatMap { channel -> [Lane] in
            guard let transports = transports[channel] else { return [] }
            let channelSettings = settings.settings(for: channel) ?? ChannelSettings()
            let test = SimulationTransport(folder: settings.outbox)
            return transports.map { Lane(channel: channel, transport: $0, settings: channelSettings) }
                + [Lane(channel: channel, transport: test, settings: channelSettings, isTest: true)]
        }
        self.options = options
        self.clock = clock
        self.logger = logger
        (admission, admissionEnd) = AsyncStream.makeStream()
    }

    public var summary: Summary { summaryBox.withLock { $0 } }

    public func run() async throws {
        try queue.database.admitWorker(options.name)
        admissionEnd.finish()
        let nodes = Nodes(database: queue.database)
        let node = try await nodes.register(options.name)
        for channel in Channel.dispatched {
            let channelSettings = settings.settings(for: channel) ?? ChannelSettings()
            let count = try await queue.takeBack(
                channel,
                retry: channelSettings.retry.policy,
                uncertain: channelSettings.uncertain
            )
            if count > 0 {
                logger.warning(
                    "took back messages of a worker that died while sending them: they may have arrived",
                    metadata: ["channel": "\(channel.rawValue)", "count": "\(count)"]
                )
            }
        }
        for lane in lanes { lane.transport.start { [inbox] in inbox.append($0) } }
        var loop = DispatchLoop(
            queue: queue,
            nodes: nodes,
            node: node,
            settings: settings,
            composer: composer,
            lanes: lanes,
            inbox: inbox,
            clock: clock,
            logger: logger,
            phases: PhaseClock(isOn: options.profile),
            measures: DispatchMeasures(isOn: options.isMeasured)
        )
        queue.bell.onRing { [inbox] in inbox.raise(with: $0) }
        defer { queue.bell.onRing(nil) }
        await withGracefulShutdownHandler {
            while await loop.turn(isStopping: stopping.load(ordering: .acquiring), untilEmpty: options.untilEmpty) {
                options.onTurn()
            }
        } onGracefulShutdown: {
            self.stopping.store(true, ordering: .releasing)
            self.inbox.raise()
        }
        for lane in lanes { await lane.transport.close() }
        summaryBox.withLock { $0 = loop.summary }
        try? await nodes.stop(node)
    }
}
