import Storage
import Synchronization

/// A database that fails when a plan says so; all else goes to the real one.
final class FaultyDatabase: Database {
    /// Where a write goes wrong.
    enum Fault: String, Sendable, CaseIterable {
        /// It is not begun.
        case before
        /// Its COMMIT fails: everything that it did is rolled back.
        case inside
        /// It is committed, and nobody hears of it: the outcome is unknown to whoever asked.
        case after
    }

    private struct State {
        var writes = 0
        var plan: @Sendable (Int) -> Fault?
        var freeBytes: Int64?
    }

    private let real: any Database
    private let state: Mutex<State>

    /// - Parameter plan: is asked for each write, counted from 1.
    init(_ real: any Database, plan: @escaping @Sendable (Int) -> Fault? = { _ in nil }) {
        self.real = real
        state = Mutex(State(plan: plan))
    }

    /// How many writes were asked for.
    var writes: Int { state.withLock { $0.writes } }

    /// From now on everything works.
    func mend() {
        state.withLock { $0.plan = { _ in nil } }
    }

    /// What ``freeBytes()`` says; `nil` for the truth.
    func pretendFree(_ bytes: Int64?) {
        state.withLock { $0.freeBytes = bytes }
    }

    static let error = StorageError(.busy, "the database is busy: a test says so")

    var dialect: Dialect { real.dialect }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        try await real.read(body)
    }

    func write<Result: Sendable>(
        _ durability: Durability,
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let fault = state.withLock { state in
            state.writes += 1
            return state.plan(state.writes)
        }
        switch fault {
        case nil:
            return try await real.write(durability, body)
        case .before:
            throw FaultyDatabase.error
        case .inside:
            return try await real.write(durability) { transaction in
                _ = try body(transaction)
                throw FaultyDatabase.error
            }
        case .after:
            _ = try await real.write(durability, body)
            throw FaultyDatabase.error
        }
    }

    func changeToken() async throws -> Int64 { try await real.changeToken() }
    func admitWorker(_ name: String) throws { try real.admitWorker(name) }
    func worker() -> String? { real.worker() }
    func freeBytes() -> Int64? { state.withLock { $0.freeBytes } ?? real.freeBytes() }
    func close() throws { try real.close() }
}
