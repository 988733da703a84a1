public import Logging
public import ServiceLifecycle
import Synchronization

/// Applies, soon after, the receipts that came before their message was settled.
public final class HookDesk: Service {
    private let log: HookLog
    private let logger: Logger
    private let alarm = Inbox()
    private let stopping = Atomic<Bool>(false)

    static let every = 500
    static let batch = 500

    public init(queue: Queue, reopening: HookLog.Reopening? = nil, logger: Logger) {
        log = HookLog(queue, reopening: reopening)
        self.logger = logger
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            var after: Int64 = 0
            while !stopping.load(ordering: .acquiring) {
                do {
                    after = try await log.applyPending(after: after, limit: HookDesk.batch) ?? 0
                } catch {
                    logger.warning("receipts were put off: \(error)")
                }
                await alarm.wait(milliseconds: HookDesk.every)
            }
        } onGracefulShutdown: {
            self.stopping.store(true, ordering: .releasing)
            self.alarm.raise()
        }
    }
}
