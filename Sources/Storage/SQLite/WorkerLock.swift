import Glibc
import Synchronization

/// The right to work on a SQLite file, and to checkpoint it: held by at most one process, given back by its death.
///
/// SQLite before 3.51.3 can lose a WAL when two connections checkpoint at the same time
/// (<https://www.sqlite.org/wal.html#walresetbug>), so whoever checkpoints holds this lock.
final class WorkerLock: Sendable {
    private let path: String
    private let descriptor = Mutex<Int32?>(nil)

    init(path: String) {
        self.path = path
    }

    var isHeld: Bool { descriptor.withLock { $0 != nil } }

    /// - Returns: `nil` when the lock is held now, else the name that its holder left.
    func acquire(as name: String) throws -> String? {
        try descriptor.withLock { held in
            guard held == nil else { return nil }
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw StorageError(.access, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
            }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                var bytes = [UInt8](repeating: 0, count: 256)
                let count = pread(file, &bytes, bytes.count, 0)
                Glibc.close(file)
                return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            }
            ftruncate(file, 0)
            _ = name.withCString { pwrite(file, $0, strlen($0), 0) }
            held = file
            return nil
        }
    }

    /// The name that another holder left; `nil` when nobody else holds the lock.
    func otherHolder() -> String? {
        if isHeld { return nil }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        if flock(file, LOCK_SH | LOCK_NB) == 0 { return nil }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(file, &bytes, bytes.count, 0)
        let name = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return name.hasPrefix(WorkerLock.checkpoint) ? nil : name
    }

    /// The name of a holder that copies the WAL to the file and works on nothing.
    static let checkpoint = "a checkpoint"

    func release() {
        descriptor.withLock { held in
            if let file = held { Glibc.close(file) }
            held = nil
        }
    }
}
