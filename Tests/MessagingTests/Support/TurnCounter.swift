import Synchronization

/// Counts the turns of a loop for whoever waits for some of them.
final class TurnCounter: Sendable {
    private struct State {
        var turns = 0
        var waiting: [(until: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// One more turn.
    @Sendable func count() {
        let reached = state.withLock { state in
            state.turns += 1
            let turns = state.turns
            let reached = state.waiting.filter { $0.until <= turns }
            state.waiting.removeAll { $0.until <= turns }
            return reached
        }
        for waiter in reached { waiter.continuation.resume() }
    }

    /// Waits for so many more turns.
    func wait(for turns: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiting.append(($0.turns + turns, continuation)) }
        }
    }
}
