import Storage
import Testing

@Suite("The change token")
struct ChangeTokenTests {
    @Test("changes when another process has committed, and only then", arguments: DatabaseDriver.all)
    func changes(_ driver: DatabaseDriver) async throws {
        let place = try driver.place()
        let database = try await place.openLedger()
        let other = try place.open()
        var last = try await database.changeToken()
        #expect(try await database.changeToken() == last)
        for name in ["a", "b", "c"] {
            try await other.write(.process) { try Ledger.insert(name, 0, $0) }
            let token = try await database.changeToken()
            #expect(token != last)
            #expect(try await database.changeToken() == token)
            last = token
        }
        _ = try await other.read { try Ledger.count($0) }
        #expect(try await database.changeToken() == last)
        await #expect(throws: StorageError.self) {
            try await other.write(.process) { try Ledger.insert("a", 0, $0) }
        }
        #expect(try await database.changeToken() == last)
        try other.close()
        try database.close()
    }
}
