/// A database that Dunlin's tables can live in. Every driver passes one conformance suite.
public protocol Database: Sendable {
    var dialect: Dialect { get }

    /// Reads one consistent state.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result

    /// Runs `body` in a transaction that it may share with other callers (group commit), and returns after the COMMIT.
    ///
    /// A body that throws takes back only its own work: the transaction is repeated without it. So a body may run more
    /// than once, and must not change anything but the database and its result. It is not cancelled with its task.
    func write<Result: Sendable>(
        _ durability: Durability,
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result

    /// A number that changes when another process has committed something.
    func changeToken() async throws -> Int64

    /// Takes the place of a worker, or throws ``StorageError/Code/workerRefused`` where the database admits no other.
    ///
    /// - Parameter name: what is told to whoever is refused meanwhile.
    func admitWorker(_ name: String) throws

    /// The name under which a process works now, this one or another, if the database can tell.
    func worker() -> String?

    /// Free bytes where the database is kept; `nil` where that is not known.
    func freeBytes() -> Int64?

    /// Gives everything back. The database is not used afterwards.
    func close() throws
}

/// What a COMMIT promises.
public enum Durability: Sendable, Comparable {
    /// Survives the death of the process. After a power failure the last moments may be missing, never the order.
    case process
    /// Survives a power failure: on disk before the call returns.
    case power
}

/// Reads, inside ``Database/read(_:)`` or a transaction.
public protocol Connection {
    var dialect: Dialect { get }

    /// Calls `body` for each row.
    func query(_ statement: Statement, _ values: [SQLValue], _ body: (any Row) throws -> Void) throws
}

/// Reads and writes, inside ``Database/write(_:_:)``.
public protocol Transaction: Connection {
    /// Milliseconds since 1970, UTC, taken after the write lock was held.
    var now: Int64 { get }

    /// Returns how many rows were changed.
    @discardableResult
    func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int

    /// Runs one statement over many rows of values, as one round trip where the database is far away.
    ///
    /// - Parameter body: is given each result row together with the index of the values that it came from.
    /// - Returns: for each row of values, how many rows were changed.
    @discardableResult
    func batch(
        _ statement: Statement,
        _ rows: [[SQLValue]],
        _ body: (Int, any Row) throws -> Void
    ) throws -> [Int]
}

extension Connection {
    /// The first row, if there is one.
    public func first<Result>(
        _ statement: Statement,
        _ values: [SQLValue] = [],
        _ body: (any Row) throws -> Result
    ) throws -> Result? {
        var result: Result?
        try query(statement, values) { row in
            if result == nil { result = try body(row) }
        }
        return result
    }

    public func all<Result>(
        _ statement: Statement,
        _ values: [SQLValue] = [],
        _ body: (any Row) throws -> Result
    ) throws -> [Result] {
        var results: [Result] = []
        try query(statement, values) { results.append(try body($0)) }
        return results
    }
}

extension Transaction {
    @discardableResult
    public func batch(_ statement: Statement, _ rows: [[SQLValue]]) throws -> [Int] {
        try batch(statement, rows) { _, _ in }
    }
}
