import Storage
import Testing

@Suite("Values")
struct ValueTests {
    private static let create = Statement {
        "CREATE TABLE box (id BIGINT PRIMARY KEY, number BIGINT, words TEXT, data \($0.bytes))"
    }
    private static let insert = Statement("INSERT INTO box (id, number, words, data) VALUES (1, $1, $2, $3)")
    private static let select = Statement("SELECT number, words, data FROM box")

    private struct Contents: Sendable, Equatable {
        var number: Int64?
        var words: String?
        var data: [UInt8]
        var isNull: [Bool]
    }

    private struct Bytes: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    private func roundTrip(_ driver: DatabaseDriver, _ values: [SQLValue]) async throws -> Contents? {
        let database = try driver.place().open()
        let contents = try await database.write(.process) { transaction in
            try transaction.execute(ValueTests.create, [])
            try transaction.execute(ValueTests.insert, values)
            return try transaction.first(ValueTests.select) { row in
                Contents(
                    number: row.optionalInteger(0),
                    words: row.optionalText(1),
                    data: row.bytes(2),
                    isNull: (0...2).map { row.isNull($0) }
                )
            }
        }
        try database.close()
        return contents
    }

    @Test(
        "whole numbers come back as they went in",
        arguments: DatabaseDriver.all,
        [0, 1, -1, 1 << 31, 1 << 53, (1 << 53) + 1, .max, .min] as [Int64]
    )
    func keepsNumbers(_ driver: DatabaseDriver, _ number: Int64) async throws {
        let contents = try await roundTrip(driver, [.integer(number), .null, .null])
        #expect(contents == Contents(number: number, words: nil, data: [], isNull: [false, true, true]))
    }

    @Test(
        "texts come back as they went in, byte for byte",
        arguments: DatabaseDriver.all,
        [
            "", " ", "plain", "O'Brien; DROP TABLE box", "Ünïcödé", "e\u{301}", "Ἑλληνικά", "日本語", "👩‍👩‍👧‍👦",
            "line\r\nline\t",
            "\u{FEFF}", "\u{10FFFF}", "$1 ? :name @name", String(repeating: "ä", count: 500),
        ]
    )
    func keepsTexts(_ driver: DatabaseDriver, _ text: String) async throws {
        for value in [SQLValue.text(text), .utf8(Array(text.utf8))] {
            let contents = try await roundTrip(driver, [.null, value, .null])
            #expect(contents?.isNull == [true, false, true])
            #expect(contents?.words.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test(
        "byte strings come back as they went in",
        arguments: DatabaseDriver.all,
        [
            Bytes("none", []), Bytes("NUL", [0]), Bytes("NULs", [0, 0, 1, 0]), Bytes("every byte", Array(0...255)),
            Bytes("no UTF-8", [0xff, 0xfe, 0xc3, 0x28]), Bytes("a megabyte", .init(repeating: 7, count: 1_000_000)),
        ]
    )
    private func keepsBytes(_ driver: DatabaseDriver, _ given: Bytes) async throws {
        let bytes = given.bytes
        let contents = try await roundTrip(driver, [.null, .null, .bytes(bytes)])
        #expect(contents?.isNull == [true, true, false])
        #expect(contents?.data == bytes)
    }

    @Test("values of one run are not those of the next, whatever became of it", arguments: DatabaseDriver.all)
    func keepsRunsApart(_ driver: DatabaseDriver) async throws {
        let put = Statement("INSERT INTO box (id, number, words, data) VALUES ($1, $1, $2, $3)")
        let all = Statement("SELECT number, words, data FROM box ORDER BY id")
        let long = String(repeating: "word ", count: 1000)
        let rows: [[SQLValue]] = [
            [.integer(1), .text(long), .bytes([1, 2, 3])], [.integer(2), .null, .null],
            [.integer(3), .utf8(Array("three".utf8)), .bytes([])],
        ]
        let database = try driver.place().open()
        let contents = try await database.write(.process) { transaction in
            try transaction.execute(ValueTests.create, [])
            try transaction.batch(put, rows)
            return try transaction.all(all) { row in
                Contents(
                    number: row.optionalInteger(0),
                    words: row.optionalText(1),
                    data: row.bytes(2),
                    isNull: (0...2).map { row.isNull($0) }
                )
            }
        }
        #expect(
            contents == [
                Contents(number: 1, words: long, data: [1, 2, 3], isNull: [false, false, false]),
                Contents(number: 2, words: nil, data: [], isNull: [false, true, true]),
                Contents(number: 3, words: "three", data: [], isNull: [false, false, false]),
            ]
        )
        try database.close()
    }

    @Test("of a statement that is running are not touched by another run of it", arguments: DatabaseDriver.all)
    func keepsRunning(_ driver: DatabaseDriver) async throws {
        let above = Statement("SELECT number FROM box WHERE number >= $1 ORDER BY number")
        let put = Statement("INSERT INTO box (id, number) VALUES ($1, $1)")
        let database = try driver.place().open()
        let found = try await database.write(.process) { transaction in
            try transaction.execute(ValueTests.create, [])
            try transaction.batch(put, (1...4).map { [.integer($0)] })
            return try transaction.all(above, [.integer(2)]) { row in
                #expect(throws: StorageError.self) { try transaction.query(above, [.integer(0)]) { _ in } }
                return row.integer(0)
            }
        }
        #expect(found == [2, 3, 4])
        try database.close()
    }

    @Test("NULL is not 0 and not empty, and reads as both", arguments: DatabaseDriver.all)
    func keepsNull(_ driver: DatabaseDriver) async throws {
        let database = try driver.place().open()
        let read = try await database.write(.process) { transaction in
            try transaction.execute(ValueTests.create, [])
            try transaction.execute(ValueTests.insert, [.optional(Int64?.none), .optional(String?.none), .null])
            return try transaction.first(ValueTests.select) { row in
                (row.integer(0), row.text(1), row.bytes(2), row.optionalInteger(0), row.optionalText(1))
            }
        }
        let row = try #require(read)
        #expect(row.0 == 0)
        #expect(row.1 == "")
        #expect(row.2 == [])
        #expect(row.3 == nil)
        #expect(row.4 == nil)
        try database.close()
    }
}
