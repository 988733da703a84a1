import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// One SQLite file in WAL mode: one writer with group commit, several readers.
public final class SQLiteDatabase: Database {
    let path: String
    let pool: DatabasePool
    let clock: WallClock
    let lock: WorkerLock
    private let writer: DispatchQueue
    let pending = Mutex<[WriteJob]>([])
    let state: WriterState
    /// Set while this process works.
    private let ownName = Mutex<String?>(nil)

    /// Opens or creates the file, readable by its owner only.
    ///
    /// - Parameter busySeconds: how long a write waits for another process's. It asks again every millisecond: SQLite's own
    ///   waits grow, so that a process that writes all the time would starve the others.
    public init(path: String, clock: WallClock = .system, busySeconds: Double = 10) throws {
        self.path = path
        self.clock = clock
        lock = WorkerLock(path: path + ".lock")
        writer = DispatchQueue(label: "dunlin.storage.writer")
        try SQLiteDatabase.createPrivately(path)

        var configuration = Configuration()
        configuration.busyMode = .callback { attempts in
            usleep(1000)
            return Double(attempts) < busySeconds * 1000
        }
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try database.execute(
                sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000; PRAGMA mmap_size = 0;"
                    + " PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY"
            )
        }
        do {
            pool = try SQLiteDatabase.openPool(path, configuration, busySeconds: busySeconds)
            state = pool.writeWithoutTransaction { WriterState(SQLiteConnection($0)) }
        } catch {
            throw StorageError(error)
        }
    }

    public var dialect: Dialect { .sqlite }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            pool.asyncRead { access in
                continuation.resume(
                    with: Swift.Result {
                        let connection = SQLiteConnection(try access.mapError { StorageError($0) }.get())
                        defer { connection.finalize() }
                        return try body(connection)
                    }
                )
            }
        }
    }

    public func write<Result: Sendable>(
        _ durability: Durability,
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let result = Mutex<Result?>(nil)
            let job = WriteJob(
                durability: durability,
                run: { transaction in
                    let value = try body(transaction)
                    result.withLock { $0 = value }
                },
                finish: { failure in
                    if let failure {
                        continuation.resume(throwing: failure)
                    } else if let value = result.withLock({ $0 }) {
                        continuation.resume(returning: value)
                    } else {
                        continuation.resume(throwing: StorageError(.other, "the transaction left no result"))
                    }
                }
            )
            let isFirst = pending.withLock { jobs in
                jobs.append(job)
                return jobs.count == 1
            }
            if isFirst { writer.async { self.drain() } }
        }
    }

    public func changeToken() async throws -> Int64 {
        try await withCheckedThrowingContinuation { continuation in
            writer.async { [self] in
                continuation.resume(
                    with: Result {
                        try pool.unsafeReentrantWrite { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
                    }
                )
            }
        }
    }

    public func admitWorker(_ name: String) throws {
        let deadline = ContinuousClock.now + .seconds(3)
        while let holder = try lock.acquire(as: "\(name), process \(getpid())") {
            guard ContinuousClock.now < deadline else {
                throw StorageError(
                    .workerRefused,
                    "\(path) is worked on by \(holder.isEmpty ? "another process" : holder): one worker process at a "
                        + "time uses a SQLite file. Stop that one first, or raise its connections"
                )
            }
            usleep(50_000)
        }
        ownName.withLock { $0 = name }
    }

    public func worker() -> String? { ownName.withLock { $0 } ?? lock.otherHolder() }

    public func freeBytes() -> Int64? {
        var status = statvfs()
        guard statvfs((path as NSString).deletingLastPathComponent.isEmpty ? "." : path, &status) == 0 else {
            return nil
        }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    public func close() throws {
        try writer.sync {
            do {
                pool.writeWithoutTransaction { _ in
                    if lock.isHeld { state.checkpoint(SQLITE_CHECKPOINT_TRUNCATE) }
                    state.connection.finalize()
                }
                try pool.close()
            } catch {
                throw StorageError(error)
            }
            lock.release()
        }
    }

    /// A page count limit stands in for a full disk in tests; `nil` lifts it.
    package func limitPages(to count: Int?) throws {
        try writer.sync {
            try pool.writeWithoutTransaction {
                _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(count ?? 1_073_741_823)")
            }
        }
    }

    /// While another process turns a new file to WAL mode, SQLite is busy and does not ask how long one would wait
    /// (<https://www.sqlite.org/c3ref/busy_handler.html>): here one does.
    private static func openPool(_ path: String, _ configuration: Configuration, busySeconds: Double) throws
        -> DatabasePool
    {
        let deadline = ContinuousClock.now + .seconds(busySeconds)
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                usleep(1000)
            }
        }
    }

    /// SQLite gives its `-wal` and `-shm` files the permissions of the file itself.
    private static func createPrivately(_ path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StorageError(
                .access,
                "\(path) cannot be opened: \(String(cString: strerror(errno))). Check the folder and its rights"
            )
        }
        Glibc.close(file)
    }
}
