public import Storage

/// The table of changes; rows are added to it and never altered.
public struct AuditLog: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    static let insert = Statement(
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)"
    )
    private static let page = Statement(
        "SELECT id, at, actor, action, subject, detail FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2"
    )

    static let statements = [insert, page]

    /// Newest first.
    ///
    /// - Parameter before: only those with a smaller id.
    public func list(before: Int64 = .max, limit: Int) async throws -> [AuditEntry] {
        try await database.read { connection in
            try connection.all(AuditLog.page, [.integer(before), .integer(Int64(limit))]) { AuditEntry($0) }
                .compactMap { $0 }
        }
    }
}
