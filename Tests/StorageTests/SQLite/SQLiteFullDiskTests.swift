import Storage
import Testing

@Suite("A full disk")
struct SQLiteFullDiskTests {
    private static let createBulk = Statement("CREATE TABLE bulk (data BLOB NOT NULL)")
    private static let insertBulk = Statement("INSERT INTO bulk (data) VALUES ($1)")
    private static let countBulk = Statement("SELECT count(*) FROM bulk")

    private func fill(_ database: SQLiteDatabase, _ durability: Durability) async throws {
        try await database.write(durability) {
            _ = try $0.execute(
                SQLiteFullDiskTests.insertBulk,
                [.bytes(.init(repeating: 1, count: 100_000))]
            )
        }
    }

    @Test("a write without room changes nothing, says so, and works again when there is room")
    func recovers() async throws {
        let database = try await SQLiteFolder().openLedger()
        _ = try await database.write(.process) { try $0.execute(SQLiteFullDiskTests.createBulk, []) }
        try database.limitPages(to: 200)
        var count: Int64 = 0
        var failure: StorageError?
        while failure == nil {
            do {
                try await fill(database, count % 2 == 0 ? .power : .process)
                count += 1
            } catch let error as StorageError {
                failure = error
            }
        }
        #expect(count > 2)
        #expect(failure?.code == .diskFull)
        #expect(
            failure?.message == "no room on the disk for the database (database or disk is full): make room; work goes "
                + "on by itself"
        )
        let standing = try await database.read { try $0.first(SQLiteFullDiskTests.countBulk) { $0.integer(0) } }
        #expect(standing == count)
        await #expect(throws: StorageError.self) { try await fill(database, .power) }
        try database.limitPages(to: nil)
        try await fill(database, .power)
        let recovered = try await database.read { try $0.first(SQLiteFullDiskTests.countBulk) { $0.integer(0) } }
        #expect(recovered == count + 1)
        #expect(try await SQLitePragma.integrity(database) == ["ok"])
        try database.close()
    }

    @Test("what still fits goes through between what does not")
    func sparesSmall() async throws {
        let database = try await SQLiteFolder().openLedger()
        _ = try await database.write(.process) { try $0.execute(SQLiteFullDiskTests.createBulk, []) }
        try database.limitPages(to: 20)
        for name in ["a", "b", "c"] {
            let error = await #expect(throws: StorageError.self) { try await fill(database, .process) }
            #expect(error?.code == .diskFull)
            try await database.write(.process) { try Ledger.insert(name, 1, $0) }
        }
        #expect(try await database.read { try Ledger.names($0) } == ["a", "b", "c"])
        try database.close()
    }
}
