import Dispatch
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("The SQLite file")
struct SQLiteFileTests {
    @Test("every file is its owner's alone")
    func isPrivate() async throws {
        let folder = try SQLiteFolder()
        let database = try await folder.openLedger()
        try database.admitWorker("test")
        try await database.write(.power) { try Ledger.insert("one", 1, $0) }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            #expect(try folder.mode(suffix) == 0o600, "dunlin.sqlite\(suffix)")
        }
        try database.close()
    }

    @Test("several that open a new file at once wait for each other", arguments: 0..<20)
    func openedTogether(round: Int) throws {
        let folder = try SQLiteFolder()
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            do {
                try folder.open().close()
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }

    @Test("a folder that is not there is told of with the remedy")
    func needsFolder() throws {
        let scratch = try TemporaryFolder()
        let path = "\(scratch.path)/missing/dunlin.sqlite"
        #expect(
            throws: StorageError(
                .access,
                "\(path) cannot be opened: No such file or directory. Check the folder and its rights"
            )
        ) {
            _ = try SQLiteDatabase(path: path)
        }
    }

    @Test("a file that is no database is told of, and left as it is")
    func needsDatabase() throws {
        let folder = try SQLiteFolder()
        let text = Data("This is a letter, and no database at all.".utf8)
        try text.write(to: URL(fileURLWithPath: folder.path))
        let error = #expect(throws: StorageError.self) { _ = try folder.open() }
        #expect(error?.code == .corrupt)
        #expect(error?.message == "the database file is damaged (file is not a database): restore a backup")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path)) == text)
    }

    @Test("a write that waits too long for another process is busy, and goes through afterwards")
    func tellsBusy() async throws {
        let folder = try SQLiteFolder()
        let database = try await folder.openLedger()
        let impatient = try folder.open(busySeconds: 0.01)
        let (begun, done) = (Signal(), Signal())
        async let holder: Void = database.write(.process) { transaction in
            try Ledger.insert("holder", 0, transaction)
            begun.raise()
            done.waitBlocking()
        }
        await begun.wait()
        let error = await #expect(throws: StorageError.self) {
            try await impatient.write(.process) { try Ledger.insert("impatient", 0, $0) }
        }
        #expect(error?.code == .busy)
        #expect(
            error?.message == "the database is busy: another process holds its write lock (database is locked)"
        )
        done.raise()
        try await holder
        try await impatient.write(.process) { try Ledger.insert("impatient", 0, $0) }
        #expect(try await database.read { try Ledger.names($0) } == ["holder", "impatient"])
        try impatient.close()
        try database.close()
    }

    @Test("free bytes are those of the disk that the file is on")
    func knowsRoom() throws {
        let folder = try SQLiteFolder()
        let database = try folder.open()
        let free = try #require(database.freeBytes())
        #expect(free > 0)
        try database.close()
    }
}
