import Dispatch
import Foundation
import Storage
import Testing

@Suite("One worker process at a time", .timeLimit(.minutes(1)))
struct SQLiteWorkerTests {
    /// Asks to be admitted from a thread that may wait.
    private func admit(_ database: SQLiteDatabase, _ name: String) async -> StorageError? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try database.admitWorker(name)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error as? StorageError ?? StorageError(.other, "\(error)"))
                }
            }
        }
    }

    @Test("a second worker is refused with the remedy, and admitted once the first has closed")
    func refusesSecond() async throws {
        let folder = try SQLiteFolder()
        let (first, second) = (try folder.open(), try folder.open())
        #expect(second.worker() == nil)
        #expect(await admit(first, "dunlin serve") == nil)
        let name = "dunlin serve, process \(getpid())"
        #expect(first.worker() == "dunlin serve")
        #expect(second.worker() == name)
        #expect(
            await admit(second, "dunlin work")
                == StorageError(
                    .workerRefused,
                    "\(folder.path) is worked on by \(name): one worker process at a time uses a SQLite file. Stop that "
                        + "one first, or raise its connections"
                )
        )
        #expect(second.worker() == name)
        try first.close()
        #expect(second.worker() == nil)
        #expect(await admit(second, "dunlin work") == nil)
        try second.close()
    }

    @Test("whoever is the worker may ask to be it again")
    func admitsTwice() async throws {
        let database = try SQLiteFolder().open()
        #expect(await admit(database, "first") == nil)
        #expect(await admit(database, "second") == nil)
        try database.close()
    }

    @Test("the death of a worker gives its place back")
    func admitsAfterDeath() async throws {
        let folder = try SQLiteFolder()
        let database = try folder.open()
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        worker.arguments = ["flock", "--close", "\(folder.path).lock", "sh", "-c", "echo held; exec cat"]
        let (input, output) = (Pipe(), Pipe())
        worker.standardInput = input
        worker.standardOutput = output
        try worker.run()
        #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
        #expect(database.worker() == "")
        kill(worker.processIdentifier, SIGKILL)
        try input.fileHandleForWriting.close()
        worker.waitUntilExit()
        #expect(database.worker() == nil)
        #expect(await admit(database, "dunlin work") == nil)
        try database.close()
    }

    @Test("everything but working goes on beside a worker")
    func worksBeside() async throws {
        let folder = try SQLiteFolder()
        let worker = try await folder.openLedger()
        #expect(await admit(worker, "dunlin serve") == nil)
        let beside = try folder.open()
        try await beside.write(.power) { try Ledger.insert("beside", 1, $0) }
        try await worker.write(.process) { try Ledger.insert("worker", 1, $0) }
        #expect(try await beside.read { try Ledger.names($0) } == ["beside", "worker"])
        try beside.close()
        try worker.close()
    }
}
