import Dispatch

/// Lets a database body, which may block its thread, and a test, which may not, wait for each other.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let semaphore = DispatchSemaphore(value: 0)

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Ends a wait of either kind; a wait that comes later ends at once.
    func raise() {
        continuation.finish()
        semaphore.signal()
    }

    func wait() async {
        for await _ in stream {}
    }

    /// For the inside of a database body, which runs on a thread of the driver's.
    func waitBlocking() {
        semaphore.wait()
    }
}
