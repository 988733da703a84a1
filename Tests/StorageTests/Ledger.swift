import Storage

/// A small table for tests: unique names with a number each.
enum Ledger {
    static let create = Statement {
        "CREATE TABLE ledger (id \($0.identity), name TEXT NOT NULL UNIQUE, amount BIGINT NOT NULL)"
    }
    static let insert = Statement("INSERT INTO ledger (name, amount) VALUES ($1, $2)")
    static let insertReturning = Statement(
        "INSERT INTO ledger (name, amount) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id, name"
    )
    static let add = Statement("UPDATE ledger SET amount = amount + $2 WHERE name = $1 RETURNING amount")
    static let deleteBelow = Statement("DELETE FROM ledger WHERE amount < $1")
    static let count = Statement("SELECT count(*) FROM ledger")
    static let names = Statement("SELECT name FROM ledger ORDER BY name")
    static let amount = Statement("SELECT amount FROM ledger WHERE name = $1")

    static func names(_ connection: any Connection) throws -> [String] {
        try connection.all(names) { $0.text(0) }
    }

    static func count(_ connection: any Connection) throws -> Int64 {
        try connection.first(count) { $0.integer(0) } ?? -1
    }

    static func insert(_ name: String, _ amount: Int64 = 0, _ transaction: any Transaction) throws {
        try transaction.execute(insert, [.text(name), .integer(amount)])
    }
}

extension DatabasePlace {
    /// Opens the place with an empty ``Ledger`` in it.
    func openLedger(_ clock: WallClock = .system) async throws -> any Database {
        let database = try open(clock)
        _ = try await database.write(.process) { try $0.execute(Ledger.create, []) }
        return database
    }
}
