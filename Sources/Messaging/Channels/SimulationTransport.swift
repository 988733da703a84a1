import Curl
import Synchronization

/// Where test messages go: into the outbox, but for the addresses that stand for another outcome (``Simulation``).
final class SimulationTransport: Transport {
    let name = "test"
    private let outbox: OutboxTransport
    private let report = Mutex<(@Sendable ([DeliveryReport]) -> Void)?>(nil)

    init(folder: String) {
        outbox = OutboxTransport(name: name, folder: folder)
    }

    /// So many that its lane has room for all that is ever claimed at once: real messages do not wait for test messages.
    var parallelism: Int { 512 }
    var connections: Int { 0 }

    func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        self.report.withLock { $0 = report }
        outbox.start(report: report)
    }

    func deliver(_ deliveries: [Delivery]) {
        var reports: [DeliveryReport] = []
        let others = deliveries.filter { delivery in
            guard let simulation = Simulation(address: delivery.payload.address),
                let outcome = simulation.outcome(attempts: delivery.handOff.attempts)
            else { return true }
            let isLate = MonotonicClock.now() > delivery.startBy
            reports.append(DeliveryReport(id: delivery.handOff.id, isLate ? .stale : .outcome(outcome)))
            return false
        }
        if !others.isEmpty { outbox.deliver(others) }
        if !reports.isEmpty { report.withLock { $0 }?(reports) }
    }

    func withdraw() { outbox.withdraw() }
    func abort() { outbox.abort() }
    func close() async { await outbox.close() }
}

extension Delivery.Payload {
    fileprivate var address: String {
        switch self {
        case .email(let email): email.recipient
        case .parts(let parts): parts.to
        case .event(let event): event.url
        }
    }
}
