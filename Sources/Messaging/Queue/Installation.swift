public import Storage

/// What one installation is known by, kept with its data.
public enum Installation {
    private static let read = Statement("SELECT value FROM setting WHERE name = $1")
    private static let write = Statement(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
    )

    static let statements = [read, write]

    /// A random word, made once: Message-IDs are signed with it.
    public static func secret(_ database: any Database) async throws -> String {
        if let secret = try await database.read({ try $0.first(read, [.text("secret")]) { $0.text(0) } }) {
            return secret
        }
        var generator = SystemRandomNumberGenerator()
        let fresh = (0..<4).map { _ in String(generator.next(), radix: 16) }.joined()
        return try await database.write(.power) { transaction in
            try transaction.execute(write, [.text("secret"), .text(fresh)])
            return try transaction.first(read, [.text("secret")]) { $0.text(0) } ?? fresh
        }
    }
}
