import GRDB
import GRDBSQLite

/// Statements on one SQLite connection, stepped directly: a row costs no more than SQLite's own calls.
///
/// Used only inside GRDB's access to the same connection, hence by one thread at a time.
final class SQLiteConnection: Transaction {
    let database: GRDB.Database
    var now: Int64 = 0
    private var prepared: [Int: PreparedStatement] = [:]

    init(_ database: GRDB.Database) {
        self.database = database
    }

    var dialect: Dialect { .sqlite }

    func query(_ statement: Statement, _ values: [SQLValue], _ body: (any Row) throws -> Void) throws {
        try prepare(statement).run(values, body)
    }

    @discardableResult
    func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        try prepare(statement).run(values) { _ in }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    @discardableResult
    func batch(
        _ statement: Statement,
        _ rows: [[SQLValue]],
        _ body: (Int, any Row) throws -> Void
    ) throws -> [Int] {
        let statement = try prepare(statement)
        var changes: [Int] = []
        changes.reserveCapacity(rows.count)
        for (index, values) in rows.enumerated() {
            try statement.run(values) { try body(index, $0) }
            changes.append(Int(sqlite3_changes(database.sqliteConnection)))
        }
        return changes
    }

    /// Forgets every prepared statement: needed before the connection can close.
    func finalize() {
        prepared = [:]
    }

    private func prepare(_ statement: Statement) throws -> PreparedStatement {
        if let ready = prepared[statement.number] { return ready }
        let ready = try PreparedStatement(statement.text(.sqlite), on: database)
        prepared[statement.number] = ready
        return ready
    }
}

/// A compiled statement and where its `$1`, `$2`, ... stand among SQLite's parameters, which count by first appearance.
private final class PreparedStatement {
    private let owner: GRDB.Statement
    private let handle: OpaquePointer
    private let sql: String
    private let positions: [Int32]

    init(_ sql: String, on database: GRDB.Database) throws {
        do {
            owner = try database.makeStatement(sql: sql)
        } catch {
            throw StorageError(error, sql: sql)
        }
        let handle = owner.sqliteStatement
        let count = sqlite3_bind_parameter_count(handle)
        positions = count == 0 ? [] : (1...count).map { sqlite3_bind_parameter_index(handle, "$\($0)") }
        self.handle = handle
        self.sql = sql
    }

    func run(_ values: [SQLValue], _ body: (any Row) throws -> Void) throws {
        guard values.count == positions.count else {
            throw StorageError(.other, "\(positions.count) values were expected, not \(values.count)", sql: sql)
        }
        // Its values may not be touched while a row of it is looked at.
        guard sqlite3_stmt_busy(handle) == 0 else { throw StorageError(.other, "the statement is running", sql: sql) }
        defer { sqlite3_clear_bindings(handle) }
        try withBound(values, from: 0) {
            defer { sqlite3_reset(handle) }
            let row = SQLiteRow(handle: handle)
            while true {
                let code = sqlite3_step(handle)
                if code == SQLITE_ROW {
                    try body(row)
                } else {
                    return try check(code)
                }
            }
        }
    }

    /// Binds the values from an index on while `body` runs. SQLite reads texts and bytes where they lie (`SQLITE_STATIC`): each is
    /// held by a call of its own.
    private func withBound(_ values: [SQLValue], from first: Int, _ body: () throws -> Void) throws {
        for index in first..<values.count {
            let position = positions[index]
            func hold(_ bytes: UnsafeRawBufferPointer, isText: Bool) throws {
                let count = Int32(bytes.count)
                // An empty array has no address, and no address would mean NULL.
                let start = bytes.baseAddress ?? UnsafeRawPointer(handle)
                try check(
                    isText
                        ? sqlite3_bind_text(handle, position, start.assumingMemoryBound(to: CChar.self), count, nil)
                        : sqlite3_bind_blob(handle, position, start, count, nil)
                )
                try withBound(values, from: index + 1, body)
            }
            switch values[index] {
            case .null: try check(sqlite3_bind_null(handle, position))
            case .integer(let integer): try check(sqlite3_bind_int64(handle, position, integer))
            case .text(var text): return try text.withUTF8 { try hold(UnsafeRawBufferPointer($0), isText: true) }
            case .utf8(let utf8): return try utf8.withUnsafeBytes { try hold($0, isText: true) }
            case .bytes(let bytes): return try bytes.withUnsafeBytes { try hold($0, isText: false) }
            }
        }
        try body()
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK, code != SQLITE_DONE else { return }
        let connection = sqlite3_db_handle(handle)
        throw StorageError(
            sqlite: sqlite3_extended_errcode(connection),
            message: sqlite3_errmsg(connection).map { String(cString: $0) } ?? "unknown error",
            sql: sql
        )
    }
}

private struct SQLiteRow: Row {
    let handle: OpaquePointer

    func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(handle, Int32(column))
    }

    func text(_ column: Int) -> String {
        withBytes(column) { String(decoding: $0, as: UTF8.self) }
    }

    func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let start = sqlite3_column_blob(handle, Int32(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, Int32(column)))))
    }
}

extension StorageError {
    init(sqlite code: Int32, message: String, sql: String?) {
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(.busy, "the database is busy: another process holds its write lock (\(message))", sql: sql)
        case SQLITE_FULL:
            self.init(
                .diskFull,
                "no room on the disk for the database (\(message)): make room; work goes on by itself",
                sql: sql
            )
        case SQLITE_CONSTRAINT:
            self.init(.constraint, message, sql: sql)
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_AUTH:
            self.init(.access, "the database file cannot be used (\(message))", sql: sql)
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            self.init(.corrupt, "the database file is damaged (\(message)): restore a backup", sql: sql)
        default:
            self.init(.other, message, sql: sql)
        }
    }

    init(_ error: any Error, sql: String? = nil) {
        switch error {
        case let error as StorageError:
            self = error
        case let error as DatabaseError:
            self.init(
                sqlite: error.extendedResultCode.rawValue,
                message: error.message ?? "error \(error.extendedResultCode.rawValue)",
                sql: sql ?? error.sql
            )
        default:
            self.init(.other, "\(error)", sql: sql)
        }
    }
}
