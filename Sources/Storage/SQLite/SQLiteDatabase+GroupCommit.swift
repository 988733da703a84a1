import GRDB
import GRDBSQLite
import Glibc
import Synchronization

/// A caller of ``SQLiteDatabase/write(_:_:)`` who waits for the COMMIT.
struct WriteJob: Sendable {
    let durability: Durability
    let run: @Sendable (SQLiteConnection) throws -> Void
    let finish: @Sendable (StorageError?) -> Void
}

/// What belongs to the writing connection. `@unchecked`: touched only on the writer's serial queue.
final class WriterState: @unchecked Sendable {
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

    func drain() {
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
            let isAboutAll = [.busy, .diskFull, .access, .corrupt].contains(failure.code)
            guard jobs.count > 1, !isAboutAll else { return jobs.forEach { $0.finish(failure) } }
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
