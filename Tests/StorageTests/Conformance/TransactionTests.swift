import Storage
import TestSupport
import Testing

@Suite("Transactions", .timeLimit(.minutes(1)))
struct TransactionTests {
    @Test("what a body wrote is read back once the call has returned", arguments: DatabaseDriver.all)
    func commits(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        for durability in [Durability.process, .power] {
            let result = try await database.write(durability) { transaction in
                try Ledger.insert("\(durability)", 1, transaction)
                return "the body's result"
            }
            #expect(result == "the body's result")
        }
        #expect(try await database.read { try Ledger.names($0) } == ["power", "process"])
        try database.close()
    }

    @Test("what was committed is there when the database is opened again", arguments: DatabaseDriver.all)
    func survivesClosing(_ driver: DatabaseDriver) async throws {
        let place = try driver.place()
        let database = try await place.openLedger()
        try await database.write(.power) { try Ledger.insert("one", 1, $0) }
        try database.close()
        let again = try place.open()
        #expect(try await again.read { try Ledger.names($0) } == ["one"])
        try again.close()
    }

    @Test("a body that throws changes nothing, and its error comes back whole", arguments: DatabaseDriver.all)
    func rollsBack(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let error = StorageError(.schema, "thrown by the body")
        await #expect(throws: error) {
            try await database.write(.process) { transaction in
                try Ledger.insert("one", 1, transaction)
                throw error
            }
        }
        #expect(try await database.read { try Ledger.count($0) } == 0)
        try await database.write(.process) { try Ledger.insert("two", 2, $0) }
        #expect(try await database.read { try Ledger.names($0) } == ["two"])
        try database.close()
    }

    @Test("an error that is not the database's keeps its words", arguments: DatabaseDriver.all)
    func keepsWords(_ driver: DatabaseDriver) async throws {
        struct Stumble: Error, CustomStringConvertible { var description: String { "stumbled" } }
        let database = try await driver.place().openLedger()
        await #expect(throws: StorageError(.other, "stumbled")) {
            try await database.write(.process) { _ in throw Stumble() }
        }
        await #expect(throws: Stumble.self) { try await database.read { _ in throw Stumble() } }
        try database.close()
    }

    @Test("a body sees what it has written, others see it after the COMMIT", arguments: DatabaseDriver.all)
    func isolates(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let (written, seen) = (Signal(), Signal())
        async let inside = database.write(.process) { transaction in
            try Ledger.insert("one", 1, transaction)
            written.raise()
            seen.waitBlocking()
            return try Ledger.count(transaction)
        }
        await written.wait()
        #expect(try await database.read { try Ledger.count($0) } == 0)
        seen.raise()
        #expect(try await inside == 1)
        #expect(try await database.read { try Ledger.count($0) } == 1)
        try database.close()
    }

    @Test("a read sees one state, whatever is committed meanwhile", arguments: DatabaseDriver.all)
    func readsOneState(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let (begun, changed) = (Signal(), Signal())
        async let counts = database.read { connection in
            let before = try Ledger.count(connection)
            begun.raise()
            changed.waitBlocking()
            return [before, try Ledger.count(connection)]
        }
        await begun.wait()
        try await database.write(.process) { try Ledger.insert("one", 1, $0) }
        changed.raise()
        #expect(try await counts == [0, 0])
        #expect(try await database.read { try Ledger.count($0) } == 1)
        try database.close()
    }

    @Test("a write goes on when its task is cancelled", arguments: DatabaseDriver.all)
    func isNotCancelled(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let (begun, go) = (Signal(), Signal())
        let task = Task {
            try await database.write(.process) { transaction in
                begun.raise()
                go.waitBlocking()
                try Ledger.insert("one", 1, transaction)
            }
        }
        await begun.wait()
        task.cancel()
        go.raise()
        try await task.value
        let later = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await database.write(.process) { try Ledger.insert("two", 2, $0) }
        }
        try await later.value
        #expect(try await database.read { try Ledger.names($0) } == ["one", "two"])
        try database.close()
    }

    @Test("'now' is the clock's time while the transaction runs", arguments: DatabaseDriver.all)
    func takesTime(_ driver: DatabaseDriver) async throws {
        let clock = TestClock(1_000)
        let database = try await driver.place().openLedger(clock.wall)
        for time in [1_000, 5_000, 2_000, 0, -1, 4_102_444_800_000] as [Int64] {
            clock.now = time
            #expect(try await database.write(.process) { $0.now } == time)
        }
        try database.close()
    }

    @Test("'now' is taken after the wait for the writer before", arguments: DatabaseDriver.all)
    func takesTimeLate(_ driver: DatabaseDriver) async throws {
        let clock = TestClock(1_000)
        let database = try await driver.place().openLedger(clock.wall)
        let (begun, go) = (Signal(), Signal())
        async let first = database.write(.process) { transaction in
            begun.raise()
            go.waitBlocking()
            return transaction.now
        }
        await begun.wait()
        async let second = database.write(.process) { $0.now }
        clock.now = 9_000
        go.raise()
        #expect(try await first == 1_000)
        #expect(try await second == 9_000)
        try database.close()
    }
}
