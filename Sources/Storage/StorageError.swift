/// What went wrong in the database, where, and what to do about it.
public struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Another process held the write lock for longer than the busy time-out. Worth another try.
        case busy
        /// No room on the disk. Nothing was changed; it works again when there is room.
        case diskFull = "disk_full"
        /// A row breaks a rule of the schema.
        case constraint
        /// The file cannot be opened, read or written.
        case access
        /// The file is damaged.
        case corrupt
        /// Another worker process has this database.
        case workerRefused = "worker_refused"
        /// The schema is not the one that this program knows.
        case schema
        case other
    }

    public let code: Code
    public let message: String
    /// The statement that failed, if one did.
    public let sql: String?

    public init(_ code: Code, _ message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    public var description: String { message }
}
