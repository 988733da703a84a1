import Foundation
import Storage
import Testing

@Suite("The write-ahead log")
struct SQLiteLogTests {
    private static let create = Statement("CREATE TABLE page (id BIGINT PRIMARY KEY, data BLOB NOT NULL)")
    private static let put = Statement(
        "INSERT INTO page (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = excluded.data"
    )

    /// Writes megabytes over the same few rows.
    private func churn(_ database: SQLiteDatabase, megabytes: Int) async throws {
        for index in 0..<megabytes {
            try await database.write(.process) { transaction in
                _ = try transaction.execute(
                    SQLiteLogTests.put,
                    [
                        .integer(Int64(index % 4)),
                        .bytes(.init(repeating: UInt8(truncatingIfNeeded: index), count: 1 << 20)),
                    ]
                )
            }
        }
    }

    private func open(_ folder: SQLiteFolder) async throws -> SQLiteDatabase {
        let database = try folder.open()
        _ = try await database.write(.process) { try $0.execute(SQLiteLogTests.create, []) }
        return database
    }

    @Test("does not grow with the number of writes", arguments: [true, false])
    func isBounded(asWorker: Bool) async throws {
        let folder = try SQLiteFolder()
        let database = try await open(folder)
        if asWorker { try database.admitWorker("test") }
        try await churn(database, megabytes: 120)
        #expect(folder.size("-wal") < 48 << 20)
        #expect(try await SQLitePragma.integrity(database) == ["ok"])
        try database.close()
    }

    @Test("is left alone by a process beside the worker: the worker alone copies it into the file")
    func isTheWorkers() async throws {
        let folder = try SQLiteFolder()
        let worker = try await open(folder)
        try worker.admitWorker("test")
        let beside = try folder.open()
        try await churn(beside, megabytes: 40)
        #expect(folder.size("-wal") > 40 << 20)
        #expect(folder.size("") < 1 << 20)
        try await churn(worker, megabytes: 1)
        _ = try await worker.changeToken()
        #expect(folder.size("") > 1 << 20)
        try beside.close()
        try worker.close()
    }

    @Test("is emptied into the file when the worker closes")
    func isEmptied() async throws {
        let folder = try SQLiteFolder()
        let database = try await open(folder)
        try database.admitWorker("test")
        try await churn(database, megabytes: 3)
        try database.close()
        #expect(folder.size("-wal") == 0)
        #expect(folder.size("") > 3 << 20)
        #expect(try await SQLitePragma.integrity(try folder.open()) == ["ok"])
    }
}
