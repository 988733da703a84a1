import Curl
import Messaging
import Storage
import Synchronization

/// The report on how things stand, made once a second however many look at it.
final class StatusCache: Sendable {
    private struct State {
        var report: StatusReport?
        /// Monotonic nanoseconds.
        var madeAt: UInt64 = 0
        var making: Task<StatusReport, any Error>?
    }

    private let queue: Queue
    private let clock: WallClock
    private let state = Mutex(State())

    static let freshness: UInt64 = 1_000_000_000

    init(queue: Queue, clock: WallClock) {
        self.queue = queue
        self.clock = clock
    }

    func report() async throws -> StatusReport {
        let making: Task<StatusReport, any Error> = state.withLock { state in
            if let report = state.report, MonotonicClock.now() - state.madeAt < StatusCache.freshness {
                return Task { report }
            }
            if let making = state.making { return making }
            let task = Task { try await self.make() }
            state.making = task
            return task
        }
        return try await making.value
    }

    private func make() async throws -> StatusReport {
        defer { state.withLock { $0.making = nil } }
        let report = try await queue.status(now: clock.now())
        state.withLock { state in
            state.report = report
            state.madeAt = MonotonicClock.now()
        }
        return report
    }
}
