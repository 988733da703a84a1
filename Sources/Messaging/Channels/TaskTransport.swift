import Curl
import Storage
import Synchronization

/// Gives messages to people: each becomes a task on the operators' page, which a person does and says what came of it.
public final class TaskTransport: Transport {
    public let name: String
    public let parallelism = 64
    private let tasks: ManualTasks
    private let assignee: String?
    /// Milliseconds in which a task is to be done.
    private let within: Int64
    private let state = Mutex(State())

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        var running: [Int: Task<Void, Never>] = [:]
        var count = 0
    }

    public init(name: String, queue: Queue, assignee: String?, within: Int64) {
        self.name = name
        tasks = ManualTasks(queue)
        self.assignee = assignee
        self.within = within
    }

    public var connections: Int { 0 }

    public func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        state.withLock { $0.report = report }
    }

    public func deliver(_ deliveries: [Delivery]) {
        state.withLock { state in
            state.count += 1
            let number = state.count
            state.running[number] = Task { [self] in
                let reports = await open(deliveries)
                let report = self.state.withLock { state in
                    state.running[number] = nil
                    return state.report
                }
                report?(reports)
            }
        }
    }

    private func open(_ deliveries: [Delivery]) async -> [DeliveryReport] {
        let now = MonotonicClock.now()
        let late = deliveries.filter { now > $0.startBy }
        let ids = deliveries.filter { now <= $0.startBy }.map(\.handOff.id)
        let outcome: Outcome
        do {
            let due = ids.isEmpty ? 0 : try await tasks.open(ids, assignee: assignee, within: within)
            outcome = .accepted("a task for \(assignee ?? "a person"), due \(Timestamp.text(due))")
        } catch {
            outcome = .retry(.storage, "the task was not written: \(error)")
        }
        return late.map { DeliveryReport(id: $0.handOff.id, .stale) }
            + ids.map { DeliveryReport(id: $0, .outcome(outcome), sign: .working) }
    }

    /// What was given is written within a moment.
    public func withdraw() {}
    public func abort() {}

    public func close() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }
}
