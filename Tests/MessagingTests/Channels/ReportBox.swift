import Synchronization

@testable import Messaging

/// Collects what a transport reports.
final class ReportBox: Sendable {
    private struct State {
        var reports: [DeliveryReport] = []
        var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func append(_ reports: [DeliveryReport]) {
        let ready = state.withLock { state in
            state.reports += reports
            let ready = state.waiters.filter { $0.count <= state.reports.count }.map(\.1)
            state.waiters.removeAll { $0.count <= state.reports.count }
            return ready
        }
        for waiter in ready { waiter.resume() }
    }

    /// In the order in which they came.
    func first(_ count: Int) async -> [DeliveryReport] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.reports.count < count { state.waiters.append((count, continuation)) }
                return state.reports.count >= count
            }
            if isThere { continuation.resume() }
        }
        return state.withLock { $0.reports }
    }
}
