import Foundation
import Storage
import TestSupport

/// A folder with one SQLite database, for what only a file can do.
struct SQLiteFolder {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    var path: String { "\(folder.path)/dunlin.sqlite" }

    func open(_ clock: WallClock = .system, busySeconds: Double = 10) throws -> SQLiteDatabase {
        try SQLiteDatabase(path: path, clock: clock.keeping(folder), busySeconds: busySeconds)
    }

    func openLedger() async throws -> SQLiteDatabase {
        let database = try open()
        _ = try await database.write(.process) { try $0.execute(Ledger.create, []) }
        return database
    }

    /// Bytes of the file with this suffix, 0 when it is not there.
    func size(_ suffix: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// The permission bits of the file with this suffix.
    func mode(_ suffix: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }

    /// What would be on disk if the process died now, its WAL cut to `walBytes`.
    func copy(walBytes: Int? = nil) throws -> SQLiteFolder {
        let copy = try SQLiteFolder()
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        let wal = try Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
        try wal.prefix(walBytes ?? wal.count).write(to: URL(fileURLWithPath: copy.path + "-wal"))
        return copy
    }
}

/// Statements that only SQLite knows.
enum SQLitePragma {
    static let integrityCheck = Statement("PRAGMA integrity_check")

    static func integrity(_ database: SQLiteDatabase) async throws -> [String] {
        try await database.read { try $0.all(integrityCheck) { $0.text(0) } }
    }
}
