import Storage
import Testing

@Suite("Statements")
struct StatementTests {
    private static let select = Statement("SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)")
    private static let repeated = Statement(
        "SELECT CAST($3 AS TEXT), CAST($1 AS TEXT), CAST($3 AS TEXT), CAST($2 AS TEXT), CAST($1 AS TEXT)"
    )

    @Test("placeholders count by their number, not by their place", arguments: DatabaseDriver.all)
    func ordersPlaceholders(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open()
        let swapped = try await database.read {
            try $0.first(StatementTests.select, [.text("first"), .text("second")]) { [$0.text(0), $0.text(1)] }
        }
        #expect(swapped == ["second", "first"])
        let repeated = try await database.read {
            try $0.first(StatementTests.repeated, [.text("a"), .text("b"), .text("c")]) { row in
                (0...4).map { row.text($0) }
            }
        }
        #expect(repeated == ["c", "a", "c", "b", "a"])
        try database.close()
    }

    private static let insertTwenty = Statement(
        "INSERT INTO wide VALUES (" + (1...20).reversed().map { "$\($0)" }.joined(separator: ", ") + ")"
    )
    private static let createWide = Statement(
        "CREATE TABLE wide (" + (1...20).map { "c\($0) BIGINT" }.joined(separator: ", ") + ")"
    )
    private static let readWide = Statement("SELECT * FROM wide")

    @Test("twenty placeholders, the last first", arguments: DatabaseDriver.all)
    func takesMany(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open()
        let row = try await database.write(.process) { transaction in
            try transaction.execute(StatementTests.createWide, [])
            try transaction.execute(StatementTests.insertTwenty, (1...20).map { .integer($0) })
            return try transaction.first(StatementTests.readWide) { row in (0..<20).map { row.integer($0) } }
        }
        #expect(row == (1...20).reversed())
        try database.close()
    }

    @Test("too few or too many values are refused", arguments: DatabaseDriver.all)
    func countsValues(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open()
        for (count, values) in [(0, []), (1, ["a"]), (3, ["a", "b", "c"])] as [(Int, [String])] {
            let error = await #expect(throws: StorageError.self) {
                try await database.read { try $0.all(StatementTests.select, values.map(SQLValue.text)) { $0.text(0) } }
            }
            #expect(error?.code == .other)
            #expect(error?.message == "2 values were expected, not \(count)")
        }
        try database.close()
    }

    @Test("a statement can be used again after a body threw in the midst of its rows", arguments: DatabaseDriver.all)
    func resets(_ driver: DatabaseDriver) async throws {
        struct Enough: Error {}
        let database = try await driver.place().openLedger()
        let names = try await database.write(.process) { transaction in
            for name in ["a", "b", "c"] { try Ledger.insert(name, 0, transaction) }
            for _ in 0..<3 {
                do {
                    try transaction.query(Ledger.names, []) { row in
                        if row.text(0) == "b" { throw Enough() }
                    }
                } catch is Enough {}
            }
            return try Ledger.names(transaction)
        }
        #expect(names == ["a", "b", "c"])
        try database.close()
    }

    @Test("'first' gives the first row or none, 'all' every row in order", arguments: DatabaseDriver.all)
    func reads(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        #expect(try await database.read { try $0.first(Ledger.names) { $0.text(0) } } == nil)
        #expect(try await database.read { try $0.all(Ledger.names) { $0.text(0) } } == [])
        try await database.write(.process) { transaction in
            for name in ["b", "a"] { try Ledger.insert(name, 0, transaction) }
        }
        #expect(try await database.read { try $0.first(Ledger.names) { $0.text(0) } } == "a")
        #expect(try await database.read { try $0.all(Ledger.names) { $0.text(0) } } == ["a", "b"])
        try database.close()
    }

    @Test("'execute' tells how many rows it changed", arguments: DatabaseDriver.all)
    func countsChanges(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let changes = try await database.write(.process) { transaction in
            for amount in 1...5 { try Ledger.insert("\(amount)", Int64(amount), transaction) }
            return [
                try transaction.execute(Ledger.add, [.text("5"), .integer(10)]),
                try transaction.execute(Ledger.add, [.text("nobody"), .integer(10)]),
                try transaction.execute(Ledger.deleteBelow, [.integer(4)]),
                try transaction.execute(Ledger.deleteBelow, [.integer(4)]),
            ]
        }
        #expect(changes == [1, 0, 3, 0])
        try database.close()
    }

    @Test("a batch tells for each row of values what it changed and gave back", arguments: DatabaseDriver.all)
    func batches(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let (inserted, returned) = try await database.write(.process) { transaction in
            try Ledger.insert("there", 0, transaction)
            var returned: [String] = []
            let changes = try transaction.batch(
                Ledger.insertReturning,
                ["a", "there", "b", "a", "c"].enumerated().map { [.text($1), .integer(Int64($0))] }
            ) { index, row in returned.append("\(index) \(row.text(1))") }
            return (changes, returned)
        }
        #expect(inserted == [1, 0, 1, 0, 1])
        #expect(returned == ["0 a", "2 b", "4 c"])
        let updated = try await database.write(.process) { transaction in
            try transaction.batch(Ledger.add, ["a", "nobody", "b"].map { [.text($0), .integer(1)] })
        }
        #expect(updated == [1, 0, 1])
        #expect(try await database.write(.process) { try $0.batch(Ledger.add, []) } == [])
        try database.close()
    }

    @Test("a bad row in a batch takes the whole body back", arguments: DatabaseDriver.all)
    func takesBatchBack(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let error = await #expect(throws: StorageError.self) {
            try await database.write(.process) { transaction in
                try transaction.batch(Ledger.insert, ["a", "b", "a"].map { [.text($0), .integer(1)] })
            }
        }
        #expect(error?.code == .constraint)
        #expect(try await database.read { try Ledger.count($0) } == 0)
        try database.close()
    }

    @Test("keys that the database hands out are never used again", arguments: DatabaseDriver.all)
    func neverReusesKeys(_ driver: DatabaseDriver) async throws {
        let place = try driver.place()
        var database = try await place.openLedger()
        var last: Int64 = 0
        for round in 0..<3 {
            let ids = try await database.write(.process) { transaction in
                var ids: [Int64] = []
                try transaction.batch(
                    Ledger.insertReturning,
                    (0..<4).map { [.text("\(round) \($0)"), .integer(0)] }
                ) { ids.append($1.integer(0)) }
                try transaction.execute(Ledger.deleteBelow, [.integer(1)])
                return ids
            }
            #expect(ids == ids.sorted())
            #expect(ids.allSatisfy { $0 > last })
            last = ids.max() ?? last
            try database.close()
            database = try place.open()
        }
        try database.close()
    }

    @Test("an error has a code, and the statement it came from", arguments: DatabaseDriver.all)
    func namesStatement(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let twice = await #expect(throws: StorageError.self) {
            try await database.write(.process) { transaction in
                try Ledger.insert("a", 0, transaction)
                try Ledger.insert("a", 0, transaction)
            }
        }
        #expect(twice?.code == .constraint)
        #expect(twice?.sql == Ledger.insert.text(database.dialect))
        let wrong = Statement("SELECT nothing FROM nowhere")
        let missing = await #expect(throws: StorageError.self) {
            try await database.read { try $0.first(wrong) { $0.integer(0) } }
        }
        #expect(missing?.code == .other)
        #expect(missing?.sql == "SELECT nothing FROM nowhere")
        try database.close()
    }
}
