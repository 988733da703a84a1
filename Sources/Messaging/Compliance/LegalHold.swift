public import Storage

/// Why what is kept of a person must not be erased: a lawsuit, or one that is expected.
public struct LegalHold: Sendable, Equatable {
    public let reason: String
    public let by: String
    public let at: Int64
}

/// The table of legal holds.
public struct LegalHolds: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let find = Statement("SELECT reason, actor, at FROM legal_hold WHERE address_key = $1")
    private static let put = Statement(
        """
        INSERT INTO legal_hold (address_key, reason, actor, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (address_key) DO UPDATE SET reason = excluded.reason, actor = excluded.actor, at = excluded.at
        """
    )
    private static let delete = Statement("DELETE FROM legal_hold WHERE address_key = $1")

    static let statements = [find, put, delete]

    static func of(_ key: String, _ connection: any Connection) throws -> LegalHold? {
        for key in try People.keys(key, connection) {
            let hold = try connection.first(find, [.text(key)]) {
                LegalHold(reason: $0.text(0), by: $0.text(1), at: $0.integer(2))
            }
            if let hold { return hold }
        }
        return nil
    }

    /// What holds one address of a person holds all.
    static func spread(_ keys: [String], _ transaction: any Transaction) throws {
        guard let first = keys.first, let hold = try of(first, transaction) else { return }
        let values: [SQLValue] = [.text(hold.reason), .text(hold.by), .integer(hold.at)]
        try transaction.batch(put, keys.map { [.text($0)] + values })
    }

    /// Holds all addresses of a person.
    public func put(_ key: String, reason: String, by: String) async throws {
        try await database.write(.power) { transaction in
            let values: [SQLValue] = [.text(reason), .text(by), .integer(transaction.now)]
            try transaction.batch(LegalHolds.put, try People.keys(key, transaction).map { [.text($0)] + values })
            try AuditEntry.write(.personHeld, key, reason, by: by, transaction)
        }
    }

    /// - Returns: whether there was any.
    public func end(_ key: String, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            let keys = try People.keys(key, transaction)
            let changes = try transaction.batch(LegalHolds.delete, keys.map { [.text($0)] })
            guard changes.contains(where: { $0 > 0 }) else { return false }
            try AuditEntry.write(.personFreed, key, by: by, transaction)
            return true
        }
    }
}
