import Synchronization

/// Tells the worker of the same process that there is work; another process's is noticed by looking.
final class Bell: Sendable {
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)

    func ring() {
        listener.withLock { $0 }?()
    }

    /// One listener; `nil` takes it away.
    func onRing(_ body: (@Sendable () -> Void)?) {
        listener.withLock { $0 = body }
    }
}
