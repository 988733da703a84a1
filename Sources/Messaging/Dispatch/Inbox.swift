import Dispatch
import Synchronization

/// Where transports leave their reports, and what wakes the dispatcher.
///
/// The dispatcher is woken 5 ms after the first report, or at once when there are many: settling in batches is what makes
/// it fast, and 10 ms after a reply its outcome is on its way to the database.
final class Inbox: Sendable {
    private struct State {
        var reports: [DeliveryReport] = []
        var raised = false
        /// Work that was stored by this process.
        var work = Bell.Work()
        var waiter: CheckedContinuation<Void, Never>?
        /// Counts the waits, so that a late timer does not end a later wait.
        var wait: UInt64 = 0
    }

    private let state = Mutex(State())
    private let timers = DispatchQueue(label: "dunlin.dispatch.timers")

    static let delay = DispatchTimeInterval.milliseconds(5)
    static let many = 256

    func append(_ reports: [DeliveryReport]) {
        let (isFirst, isMany) = state.withLock { state in
            let before = state.reports.count
            state.reports += reports
            return (before == 0, before < Inbox.many && state.reports.count >= Inbox.many)
        }
        if isMany {
            raise()
        } else if isFirst {
            timers.asyncAfter(deadline: .now() + Inbox.delay) { self.raise() }
        }
    }

    func take() -> [DeliveryReport] {
        state.withLock { state in
            defer { state.reports = [] }
            return state.reports
        }
    }

    /// The work that was stored by this process since the last call.
    func takeWork() -> Bell.Work {
        state.withLock { state in
            defer { state.work = .init() }
            return state.work
        }
    }

    /// Ends the wait that runs now, or the next one.
    func raise(with work: Bell.Work = .init()) {
        let waiter = state.withLock { state in
            state.work.merge(work)
            guard let waiter = state.waiter else {
                state.raised = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Waits for ``raise()``, at most so long.
    func wait(milliseconds: Int) async {
        await withCheckedContinuation { continuation in
            let wait: UInt64? = state.withLock { state in
                if state.raised {
                    state.raised = false
                    return nil
                }
                state.wait += 1
                state.waiter = continuation
                return state.wait
            }
            guard let wait else { return continuation.resume() }
            timers.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { self.timeOut(wait) }
        }
    }

    private func timeOut(_ wait: UInt64) {
        let waiter = state.withLock { state in
            guard state.wait == wait else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
