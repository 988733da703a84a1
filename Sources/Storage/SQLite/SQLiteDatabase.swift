import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// One SQLite file in WAL mode: one writer with group commit, several readers.
public final class SQLiteDatabase: Database {
    private let path: String
    private let pool: DatabasePool
    private let clock: WallClock
    private let lock: WorkerLock
    private let writer: DispatchQueue
    private let pending = Mutex<[WriteJob]>([])
    private let state: WriterState

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
            pool = try DatabasePool(path: path, configuration: configuration)
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
    }

    public func otherWorker() -> String? { lock.otherHolder() }

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

// MARK: - Group commit

/// A caller of ``SQLiteDatabase/write(_:_:)`` who waits for the COMMIT.
private struct WriteJob: Sendable {
    let durability: Durability
    let run: @Sendable (SQLiteConnection) throws -> Void
    let finish: @Sendable (StorageError?) -> Void
}

/// What belongs to the writing connection. `@unchecked`: touched only on the writer's serial queue.
private final class WriterState: @unchecked Sendable {
    let connection: SQLiteConnection
    private var synchronous: Durability?
    /// Pages in the WAL after the last commit.
    var walPages: Int32 = 0

    init(_ connection: SQLiteConnection) {
        self.connection = connection
        let this = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            connection.database.sqliteConnection,
            { this, _, _, pages in
                if let this { Unmanaged<WriterState>.fromOpaque(this).takeUnretainedValue().walPages = pages }
                return SQLITE_OK
            },
            this
        )
    }

    /// GRDB sets NORMAL after opening, so what is wanted is set before each transaction that wants another.
    func setSynchronous(_ durability: Durability) throws {
        guard synchronous != durability else { return }
        try connection.database.execute(sql: "PRAGMA synchronous = \(durability == .power ? "FULL" : "NORMAL")")
        synchronous = durability
    }

    func checkpoint(_ mode: Int32) {
        sqlite3_wal_checkpoint_v2(connection.database.sqliteConnection, nil, mode, nil, nil)
        walPages = 0
    }
}

extension SQLiteDatabase {
    /// 32 MiB of 4 KiB pages: hot pages are rewritten many times before they are copied to the file once.
    private static let checkpointPages: Int32 = 8192

    private func drain() {
        let jobs = pending.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        guard !jobs.isEmpty else { return }
        pool.unsafeReentrantWrite { _ in commit(jobs) }
        checkpointIfDue()
    }

    private func commit(_ jobs: [WriteJob]) {
        if let failure = tryCommit(jobs) {
            let isAboutOneJob = failure.code == .constraint || failure.code == .other
            guard jobs.count > 1, isAboutOneJob else { return jobs.forEach { $0.finish(failure) } }
            for job in jobs { job.finish(tryCommit([job])) }
        } else {
            for job in jobs { job.finish(nil) }
        }
    }

    /// Runs all jobs in one transaction; when one fails, nothing is changed.
    private func tryCommit(_ jobs: [WriteJob]) -> StorageError? {
        let connection = state.connection
        let database = connection.database
        do {
            try state.setSynchronous(jobs.contains { $0.durability == .power } ? .power : .process)
            try database.beginTransaction(.immediate)
            connection.now = clock.now()
            for job in jobs { try job.run(connection) }
            try database.commit()
            return nil
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            return StorageError(error)
        }
    }

    /// The jobs have their answers by now: a checkpoint that cannot be made is left to a later commit.
    private func checkpointIfDue() {
        guard state.walPages > SQLiteDatabase.checkpointPages else { return }
        let borrowed = !lock.isHeld
        if borrowed {
            do {
                guard try lock.acquire(as: "\(WorkerLock.checkpoint), process \(getpid())") == nil else { return }
            } catch {
                return
            }
        }
        pool.unsafeReentrantWrite { _ in state.checkpoint(SQLITE_CHECKPOINT_PASSIVE) }
        if borrowed { lock.release() }
    }
}
