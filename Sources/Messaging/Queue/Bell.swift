import Synchronization

/// Tells the worker of the same process that there is work; another process's is noticed by looking.
final class Bell: Sendable {
    struct Work: Sendable {
        /// Who has work, and when the first of it is due: milliseconds since 1970, UTC; 0 for now.
        var due: [Share: Int64] = [:]
        /// Perhaps everything has changed.
        var isAnything = false

        mutating func merge(_ other: Work) {
            due.merge(other.due, uniquingKeysWith: min)
            isAnything = isAnything || other.isAnything
        }
    }

    /// Perhaps everything has changed.
    static let anything = Work(isAnything: true)

    private let listener = Mutex<(@Sendable (Work) -> Void)?>(nil)

    func ring(_ work: Work) {
        listener.withLock { $0 }?(work)
    }

    /// One listener; `nil` takes it away.
    func onRing(_ body: (@Sendable (Work) -> Void)?) {
        listener.withLock { $0 = body }
    }
}
