import Foundation
import Storage
import TestSupport
import Testing

/// A kind of database that the conformance suites run against. A new driver is one more of ``all``.
struct DatabaseDriver: Sendable, CustomTestStringConvertible {
    let name: String
    /// Makes a new and empty place that a database can be kept in.
    let place: @Sendable () throws -> DatabasePlace

    var testDescription: String { name }

    static let all = [sqlite]

    static let sqlite = DatabaseDriver(name: "SQLite") {
        let folder = try TemporaryFolder()
        return DatabasePlace { try SQLiteDatabase(path: "\(folder.path)/dunlin.sqlite", clock: $0.keeping(folder)) }
    }
}

/// Where one database is kept. Opening it again is what another process would do.
struct DatabasePlace: Sendable {
    private let openWith: @Sendable (WallClock) throws -> any Database

    init(_ open: @escaping @Sendable (WallClock) throws -> any Database) {
        openWith = open
    }

    func open(_ clock: WallClock = .system) throws -> any Database {
        try openWith(clock)
    }
}

extension WallClock {
    /// The same clock, which holds the folder: a database that has the clock has its folder.
    func keeping(_ folder: TemporaryFolder) -> WallClock {
        WallClock { withExtendedLifetime(folder) { now() } }
    }
}
