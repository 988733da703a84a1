import Storage
import TestSupport
import Testing

@Suite("Migrations")
struct MigrationTests {
    private static let first = Migration(number: 1, statements: [Ledger.create])
    private static let second = Migration(
        number: 2,
        statements: [Statement("ALTER TABLE ledger ADD COLUMN note TEXT")]
    )
    private static let broken = Migration(
        number: 2,
        statements: [Statement("CREATE TABLE extra (id BIGINT)"), Statement("CREATE TABLE ledger (id BIGINT)")]
    )
    private static let numbers = Statement("SELECT number, applied_at FROM schema_migration ORDER BY number")
    private static let notes = Statement("SELECT count(note) FROM ledger")

    private func applied(_ database: any Database) async throws -> [[Int64]] {
        try await database.read { try $0.all(MigrationTests.numbers) { [$0.integer(0), $0.integer(1)] } }
    }

    @Test("steps are taken once, in order, and their time is kept", arguments: DatabaseDriver.all)
    func appliesOnce(_ driver: DatabaseDriver) async throws {
        let clock = TestClock(5_000)
        let place = try driver.place()
        let database = try place.open(clock.wall)
        try await database.migrate([MigrationTests.first])
        clock.now = 6_000
        try await database.migrate([MigrationTests.first])
        #expect(try await applied(database) == [[1, 5_000]])
        try await database.migrate([MigrationTests.first, MigrationTests.second])
        #expect(try await applied(database) == [[1, 5_000], [2, 6_000]])
        try database.close()
        let again = try place.open(clock.wall)
        try await again.migrate([MigrationTests.first, MigrationTests.second])
        #expect(try await applied(again) == [[1, 5_000], [2, 6_000]])
        try again.close()
    }

    @Test("a schema of a newer program is refused with the remedy, and left as it is", arguments: DatabaseDriver.all)
    func refusesNewer(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open(TestClock(1).wall)
        try await database.migrate([MigrationTests.first, MigrationTests.second])
        await #expect(
            throws: StorageError(
                .schema,
                "the database is of a newer Dunlin (schema 2, this program knows 1): use the newer program, or restore "
                    + "a backup made before it ran"
            )
        ) {
            try await database.migrate([MigrationTests.first])
        }
        #expect(try await applied(database) == [[1, 1], [2, 1]])
        try database.close()
    }

    @Test("a step that fails changes nothing", arguments: DatabaseDriver.all)
    func failsWhole(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open(TestClock(1).wall)
        try await database.migrate([MigrationTests.first])
        await #expect(throws: StorageError.self) {
            try await database.migrate([MigrationTests.first, MigrationTests.broken])
        }
        #expect(try await applied(database) == [[1, 1]])
        try await database.migrate([MigrationTests.first, MigrationTests.second])
        #expect(try await database.read { try $0.first(MigrationTests.notes) { $0.integer(0) } } == 0)
        try database.close()
    }

    @Test("several processes may take the steps at the same time", arguments: DatabaseDriver.all)
    func runsConcurrently(_ driver: DatabaseDriver) async throws {
        let place = try driver.place()
        let databases = try (0..<4).map { _ in try place.open(TestClock(1).wall) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for database in databases {
                group.addTask { try await database.migrate([MigrationTests.first, MigrationTests.second]) }
            }
            try await group.waitForAll()
        }
        #expect(try await applied(databases[0]) == [[1, 1], [2, 1]])
        for database in databases { try database.close() }
    }
}
