import Storage
import Synchronization
import Testing

@Suite("Concurrent writers", .timeLimit(.minutes(1)))
struct GroupCommitTests {
    /// Counts up to a number and then raises a signal.
    private final class Gathering: Sendable {
        private let left: Mutex<Int>
        let complete = Signal()

        init(_ count: Int) {
            left = Mutex(count)
        }

        func arrive() {
            let isLast = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isLast { complete.raise() }
        }
    }

    /// Keeps the writer busy until `count` others stand behind it, then runs them all.
    private func together<Result: Sendable>(
        _ database: any Database,
        _ count: Int,
        _ body: @escaping @Sendable (Int, any Transaction) throws -> Result
    ) async throws -> [Swift.Result<Result, any Error>] {
        let gathering = Gathering(count)
        let begun = Signal()
        async let first: Void = database.write(.process) { _ in
            begun.raise()
            gathering.complete.waitBlocking()
        }
        await begun.wait()
        let results = await withTaskGroup(of: (Int, Swift.Result<Result, any Error>).self) { group in
            for index in 0..<count {
                group.addTask {
                    gathering.arrive()
                    do {
                        return (index, .success(try await database.write(.process) { try body(index, $0) }))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        try await first
        return (0..<count).compactMap { results[$0] }
    }

    @Test("each is answered with its own result", arguments: DatabaseDriver.all)
    func answersEach(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        let results = try await together(database, 60) { index, transaction in
            try Ledger.insert("writer \(index)", Int64(index), transaction)
            return index
        }
        #expect(try results.map { try $0.get() } == Array(0..<60))
        #expect(try await database.read { try Ledger.count($0) } == 60)
        try database.close()
    }

    @Test("a bad row fails alone and the others stand", arguments: DatabaseDriver.all)
    func failsAlone(_ driver: DatabaseDriver) async throws {
        let database = try await driver.place().openLedger()
        try await database.write(.process) { try Ledger.insert("taken", 0, $0) }
        let results = try await together(database, 40) { index, transaction in
            try Ledger.insert("writer \(index)", Int64(index), transaction)
            if index % 7 == 3 { try Ledger.insert("taken", 1, transaction) }
        }
        for (index, result) in results.enumerated() {
            switch result {
            case .success: #expect(index % 7 != 3)
            case .failure(let error):
                #expect(index % 7 == 3)
                #expect((error as? StorageError)?.code == .constraint)
            }
        }
        let expected = ["taken"] + (0..<40).filter { $0 % 7 != 3 }.map { "writer \($0)" }
        #expect(try await database.read { try Ledger.names($0) } == expected.sorted())
        try database.close()
    }

    @Test("those that throw take back only their own work", arguments: DatabaseDriver.all)
    func throwsAlone(_ driver: DatabaseDriver) async throws {
        struct Stumble: Error, CustomStringConvertible { var description: String { "stumbled" } }
        let database = try await driver.place().openLedger()
        let results = try await together(database, 30) { index, transaction in
            try Ledger.insert("writer \(index)", Int64(index), transaction)
            switch index {
            case 11: throw StorageError(.schema, "not this one")
            case 17: throw Stumble()
            default: break
            }
        }
        for (index, result) in results.enumerated() {
            switch index {
            case 11: #expect(throws: StorageError(.schema, "not this one")) { try result.get() }
            case 17: #expect(throws: StorageError(.other, "stumbled")) { try result.get() }
            default: #expect(throws: Never.self) { try result.get() }
            }
        }
        #expect(try await database.read { try Ledger.count($0) } == 28)
        try database.close()
    }

    @Test("no increment is lost", arguments: DatabaseDriver.all)
    func losesNoIncrement(_ driver: DatabaseDriver) async throws {
        let place = try driver.place()
        let database = try await place.openLedger()
        let other = try place.open()
        try await database.write(.process) { try Ledger.insert("sum", 0, $0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let writer = index % 2 == 0 ? database : other
                    _ = try await writer.write(index % 5 == 0 ? .power : .process) {
                        try $0.execute(Ledger.add, [.text("sum"), .integer(1)])
                    }
                }
            }
            try await group.waitForAll()
        }
        let sum = try await database.read { try $0.first(Ledger.amount, [.text("sum")]) { $0.integer(0) } }
        #expect(sum == 200)
        try other.close()
        try database.close()
    }
}
