public import Storage

/// The table of tokens.
public struct Tokens: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let columns = "id, name, hash, scopes, test, rate, created_at, used_at, revoked_at"
    private static let list = Statement("SELECT \(columns) FROM token ORDER BY id")
    private static let insert = Statement(
        """
        INSERT INTO token (name, hash, scopes, test, rate, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """
    )
    private static let revoke = Statement(
        "UPDATE token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL"
    )
    private static let use = Statement("UPDATE token SET used_at = $2 WHERE id = $1")

    static let statements = [list, insert, revoke, use]

    public static let longestName = 100

    /// Stores a new token durably.
    ///
    /// - Parameter hash: SHA-256 of the secret.
    /// - Returns: false when the name is taken, by a revoked one too: its name stands in the stories of messages.
    public func create(
        name: String,
        hash: [UInt8],
        scopes: Set<Scope>,
        isTest: Bool,
        rate: Int?,
        by: String
    ) async throws -> Bool {
        let words = Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ",")
        return try await database.write(.power) { transaction in
            let count = try transaction.execute(
                Tokens.insert,
                [
                    .text(name), .bytes(hash), .text(words), .integer(isTest ? 1 : 0), .optional(rate.map(Int64.init)),
                    .integer(transaction.now),
                ]
            )
            guard count > 0 else { return false }
            try AuditEntry.write(.tokenCreated, name, isTest ? "\(words), test" : words, by: by, transaction)
            return true
        }
    }

    /// - Returns: whether there was such a token that worked.
    public func revoke(_ name: String, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            guard try transaction.execute(Tokens.revoke, [.text(name), .integer(transaction.now)]) > 0 else {
                return false
            }
            try AuditEntry.write(.tokenRevoked, name, by: by, transaction)
            return true
        }
    }

    /// Revoked ones too.
    public func list() async throws -> [Token] {
        try await database.read { try $0.all(Tokens.list, [], Token.init) }
    }

    /// - Parameter uses: when each token was last used, by id.
    public func noteUses(_ uses: [Int64: Int64]) async throws {
        guard !uses.isEmpty else { return }
        _ = try await database.write(.process) { transaction in
            try transaction.batch(Tokens.use, uses.map { [.integer($0.key), .integer($0.value)] })
        }
    }
}
