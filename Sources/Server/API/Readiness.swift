import Messaging
import Synchronization

/// Whether requests should be sent here.
final class Readiness: Sendable {
    private let stopping = Atomic<Bool>(false)

    func stop() { stopping.store(true, ordering: .releasing) }

    /// - Returns: why not; `nil` when all is well.
    func reason(_ backend: Backend) async -> String? {
        if stopping.load(ordering: .acquiring) { return "the server is stopping" }
        do {
            return try await backend.queue.accepts() ? nil : "the disk is full: nothing is accepted"
        } catch {
            return "the database cannot be read"
        }
    }
}
