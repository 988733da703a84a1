/// A step of the schema's history. Steps are only ever added.
public struct Migration: Sendable {
    /// Counts from 1, without gaps.
    public let number: Int
    public let statements: [Statement]

    public init(number: Int, statements: [Statement]) {
        self.number = number
        self.statements = statements
    }
}

extension Migration {
    static let createTable = Statement(
        "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)"
    )
    static let newest = Statement("SELECT coalesce(max(number), 0) FROM schema_migration")
    static let record = Statement("INSERT INTO schema_migration (number, applied_at) VALUES ($1, $2)")

    /// The statements of this file, for the test that holds each against PostgreSQL's parser.
    public static let ownStatements = [createTable, newest, record]
}

extension Database {
    /// Brings the schema up to the newest of `migrations`, in one transaction. Several processes may do so at once.
    public func migrate(_ migrations: [Migration]) async throws {
        let newestKnown = migrations.last?.number ?? 0
        let standing = try? await read { try $0.first(Migration.newest) { Int($0.integer(0)) } ?? 0 }
        if standing == newestKnown { return }
        try await write(.power) { transaction in
            try transaction.execute(Migration.createTable, [])
            let applied = try transaction.first(Migration.newest) { Int($0.integer(0)) } ?? 0
            guard applied <= newestKnown else {
                throw StorageError(
                    .schema,
                    "the database is of a newer Dunlin (schema \(applied), this program knows \(newestKnown)): "
                        + "use the newer program, or restore a backup made before it ran"
                )
            }
            for migration in migrations where migration.number > applied {
                for statement in migration.statements { try transaction.execute(statement, []) }
                try transaction.execute(
                    Migration.record,
                    [.integer(Int64(migration.number)), .integer(transaction.now)]
                )
            }
        }
    }
}
