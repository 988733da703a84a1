import Dispatch
import Synchronization

@testable import Messaging

/// A way out that stays in memory. A policy decides what comes of each delivery, and all that left is kept.
///
/// It is never late by itself, however slow the machine: a delivery is stale when the policy says so.
final class MemoryTransport: Transport {
    /// What the other side does with a delivery.
    enum Answer: Sendable {
        case report(DeliveryReport.Result, Breaker.Sign? = nil)
        /// It has not begun: it waits until ``release(_:)`` or ``withdraw()``.
        case queue
        /// Its bytes have left, and no reply comes until ``release(_:)`` or ``abort()``.
        case wire
    }

    /// A delivery whose bytes began to leave.
    struct Departure: Sendable, Equatable {
        let id: Int64
        let fence: Int64
        let recipient: String
    }

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        var departures: [Departure] = []
        /// How often each message was given to this transport.
        var given: [Int64: Int] = [:]
        var queued: [Delivery] = []
        var wire: [Delivery] = []
        var watchers: [(isReached: @Sendable (Departures) -> Bool, CheckedContinuation<Void, Never>)] = []
        var isCancelled = false
    }

    /// What a test may wait for.
    struct Departures: Sendable {
        let departed: [Departure]
        let queued: Int
        let wire: Int
    }

    let name: String
    let parallelism: Int
    let domains: DomainSet?
    private let policy: @Sendable (Delivery, Int) -> Answer
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "dunlin.tests.transport")

    /// - Parameter policy: is told how often the message came before, counted from 0.
    init(
        _ name: String = "memory",
        parallelism: Int = 4,
        domains: DomainSet? = nil,
        policy: @escaping @Sendable (Delivery, Int) -> Answer = { _, _ in
            .report(.outcome(.accepted("250 ok")), .working)
        }
    ) {
        self.name = name
        self.parallelism = parallelism
        self.domains = domains
        self.policy = policy
    }

    var departures: [Departure] { state.withLock { $0.departures } }
    var connections: Int { 0 }

    func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        state.withLock { $0.report = report }
    }

    func deliver(_ deliveries: [Delivery]) {
        thread.async { self.take(deliveries) }
    }

    private func take(_ deliveries: [Delivery]) {
        for delivery in deliveries {
            let id = delivery.handOff.id
            let times = state.withLock { state in
                defer { state.given[id, default: 0] += 1 }
                return state.given[id, default: 0]
            }
            switch policy(delivery, times) {
            case .report(let result, let sign):
                if MemoryTransport.left(result) { depart(delivery) }
                report([DeliveryReport(id: id, result, sign: sign)])
            case .queue:
                state.withLock { $0.queued.append(delivery) }
            case .wire:
                depart(delivery)
                state.withLock { $0.wire.append(delivery) }
            }
            notify()
        }
    }

    /// Whether bytes left before that came back.
    private static func left(_ result: DeliveryReport.Result) -> Bool {
        switch result {
        case .stale, .outcome(.putBack), .outcome(.held): false
        case .outcome: true
        }
    }

    private func depart(_ delivery: Delivery) {
        let departure = MemoryTransport.departure(delivery)
        state.withLock { $0.departures.append(departure) }
    }

    /// Everything that waits or is on the wire comes to this end.
    func release(_ result: DeliveryReport.Result, _ sign: Breaker.Sign? = nil) {
        thread.async { [self] in
            let all = state.withLock { state in
                defer { (state.queued, state.wire) = ([], []) }
                if MemoryTransport.left(result) {
                    for delivery in state.queued { state.departures.append(MemoryTransport.departure(delivery)) }
                }
                return state.queued + state.wire
            }
            report(all.map { DeliveryReport(id: $0.handOff.id, result, sign: sign) })
            notify()
        }
    }

    private static func departure(_ delivery: Delivery) -> Departure {
        let recipient =
            switch delivery.payload {
            case .email(let email): email.recipient
            case .parts(let parts): parts.to
            case .event(let event): event.url
            }
        return Departure(id: delivery.handOff.id, fence: delivery.handOff.fence, recipient: recipient)
    }

    func withdraw() {
        thread.async { [self] in
            let queued = state.withLock { state in
                defer { state.queued = [] }
                return state.queued
            }
            report(queued.map { DeliveryReport(id: $0.handOff.id, .outcome(.putBack)) })
            notify()
        }
    }

    func abort() {
        thread.async { [self] in
            let wire = state.withLock { state in
                defer { state.wire = [] }
                return state.wire
            }
            report(wire.map { DeliveryReport(id: $0.handOff.id, .outcome(.uncertain(.connection, "cut"))) })
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in thread.async { continuation.resume() } }
    }

    private func report(_ reports: [DeliveryReport]) {
        guard !reports.isEmpty else { return }
        state.withLock { $0.report }?(reports)
    }

    // MARK: - Waiting

    /// Returns when what has happened here so far satisfies a condition, or when the test's time is up.
    func wait(until isReached: @escaping @Sendable (Departures) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                thread.async { [self] in
                    state.withLock { $0.watchers.append((isReached, continuation)) }
                    notify()
                }
            }
        } onCancel: {
            state.withLock { $0.isCancelled = true }
            thread.async { self.notify() }
        }
    }

    private func notify() {
        let reached = state.withLock { state in
            let now = Departures(departed: state.departures, queued: state.queued.count, wire: state.wire.count)
            let isOver = state.isCancelled
            let reached = state.watchers.filter { isOver || $0.isReached(now) }
            state.watchers.removeAll { isOver || $0.isReached(now) }
            return reached
        }
        for watcher in reached { watcher.1.resume() }
    }
}
