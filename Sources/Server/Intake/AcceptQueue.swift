import HTTPTypes
import Synchronization

/// How much may be on its way to the database at once: what comes beyond it is asked to come again.
final class AcceptQueue: Sendable {
    private struct State {
        var bytes = 0
        var messages = 0
    }

    private let state = Mutex(State())

    static let mostBytes = 128 << 20
    private let mostMessages: Int

    init(mostMessages: Int) {
        self.mostMessages = mostMessages
    }

    /// - Returns: whether there was room.
    private func take(bytes: Int, messages: Int) -> Bool {
        state.withLock { state in
            guard state.bytes + bytes <= AcceptQueue.mostBytes || state.bytes == 0,
                state.messages + messages <= mostMessages || state.messages == 0
            else { return false }
            state.bytes += bytes
            state.messages += messages
            return true
        }
    }

    private func giveBack(bytes: Int, messages: Int) {
        state.withLock { state in
            state.bytes -= bytes
            state.messages -= messages
        }
    }

    /// What one request holds of it, until it goes.
    final class Share: Sendable {
        private let queue: AcceptQueue
        private let held = Mutex((bytes: 0, messages: 0))

        init(of queue: AcceptQueue) {
            self.queue = queue
        }

        deinit {
            release()
        }

        func tryTake(bytes: Int = 0, messages: Int = 0) -> Bool {
            guard queue.take(bytes: bytes, messages: messages) else { return false }
            held.withLock { held in
                held.bytes += bytes
                held.messages += messages
            }
            return true
        }

        /// Throws 503 where there is no room.
        func take(bytes: Int = 0, messages: Int = 0) throws {
            guard tryTake(bytes: bytes, messages: messages) else {
                HTTPMeasures.shared.pushedBack(.queueFull)
                throw Problem.later(.serviceUnavailable, seconds: 1, "too much is being accepted at this moment")
                    .closing
            }
        }

        func release() {
            let held = held.withLock { held in
                defer { held = (0, 0) }
                return held
            }
            queue.giveBack(bytes: held.bytes, messages: held.messages)
        }
    }
}
