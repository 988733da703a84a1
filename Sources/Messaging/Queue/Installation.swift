public import Storage

/// What one installation is known by, kept with its data.
public enum Installation {
    private static let read = Statement("SELECT value FROM setting WHERE name = $1")
    private static let write = Statement(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
    )

    private static let put = Statement(
        """
        INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """
    )

    private static let linkSecrets = Statement("SELECT name, value FROM setting WHERE name LIKE 'link_secret_%'")

    static let statements = [read, write, put, linkSecrets]

    /// What is kept under a name; `nil` where nothing is.
    static func value(_ name: String, _ connection: any Connection) throws -> String? {
        try connection.first(read, [.text(name)]) { $0.text(0) }
    }

    static func put(_ value: String, as name: String, _ transaction: any Transaction) throws {
        try transaction.execute(put, [.text(name), .text(value)])
    }

    /// What opt-out links are sealed with. The first key follows from the installation's secret; the newest seals, and all open.
    public static func optOutTokens(_ database: any Database) async throws -> OptOutTokens {
        OptOutTokens(secrets: try await linkSecrets(database))
    }

    private static func linkSecrets(_ database: any Database) async throws -> [UInt8: String] {
        var secrets: [UInt8: String] = [0: try await secret(database)]
        let more = try await database.read { try $0.all(linkSecrets, []) { ($0.text(0), $0.text(1)) } }
        for (name, value) in more {
            if let number = UInt8(name.dropFirst("link_secret_".count)) { secrets[number] = value }
        }
        return secrets
    }

    /// Makes a new key for opt-out links; older links still open.
    ///
    /// - Parameter by: who does it, for the audit log.
    /// - Returns: its number; `nil` when there have been 255 already.
    public static func rotateLinkSecret(_ database: any Database, by: String) async throws -> UInt8? {
        guard let newest = try await linkSecrets(database).keys.max(), newest < .max else { return nil }
        let fresh = randomWord()
        try await database.write(.power) { transaction in
            try transaction.execute(write, [.text("link_secret_\(newest + 1)"), .text(fresh)])
            try AuditEntry.write(.linkKeyRotated, "key \(newest + 1)", by: by, transaction)
        }
        return newest + 1
    }

    /// 256 bits.
    private static func randomWord() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(generator.next(), radix: 16) }.joined()
    }

    /// The same inside a transaction; empty where none was made yet, and nothing can have been signed.
    static func secret(_ connection: any Connection) throws -> String {
        try value("secret", connection) ?? ""
    }

    /// A random word, made once: Message-IDs are signed with it.
    public static func secret(_ database: any Database) async throws -> String {
        if let secret = try await database.read({ try $0.first(read, [.text("secret")]) { $0.text(0) } }) {
            return secret
        }
        let fresh = randomWord()
        return try await database.write(.power) { transaction in
            try transaction.execute(write, [.text("secret"), .text(fresh)])
            return try transaction.first(read, [.text("secret")]) { $0.text(0) } ?? fresh
        }
    }
}
