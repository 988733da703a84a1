import Foundation
import Glibc
import HTTPTypes
import NIOCore

/// Collects an answer of any length: in memory at first, in a file without a name once it is long.
///
/// Used by one task.
final class Spool {
    private var memory: [UInt8] = []
    private var file: Int32?
    private(set) var count = 0

    static let mostInMemory = 256 << 10
    static let chunk = 64 << 10

    deinit {
        if let file { close(file) }
    }

    func append(_ bytes: [UInt8]) throws {
        count += bytes.count
        memory += bytes
        if memory.count > Spool.mostInMemory { try flush() }
    }

    private func flush() throws {
        let file = try self.file ?? Spool.open()
        self.file = file
        var offset = 0
        while offset < memory.count {
            let written = memory.withUnsafeBytes {
                write(file, $0.baseAddress.map { $0 + offset }, memory.count - offset)
            }
            guard written >= 0 || errno == EINTR else {
                throw Problem.later(.serviceUnavailable, seconds: 30, "there is no room for the answer on the disk")
            }
            offset += max(0, written)
        }
        memory.removeAll(keepingCapacity: true)
    }

    private static func open() throws -> Int32 {
        var path = Array("\(FileManager.default.temporaryDirectory.path)/dunlin-answer-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else {
            throw Problem.later(.serviceUnavailable, seconds: 30, "there is no room for the answer on the disk")
        }
        unlink(path)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        return file
    }

    /// Calls `body` with all that was appended, from the beginning.
    func read(_ body: (ByteBuffer) async throws -> Void) async throws {
        if let file {
            var offset = 0
            while true {
                var bytes = [UInt8](repeating: 0, count: Spool.chunk)
                let got = pread(file, &bytes, bytes.count, off_t(offset))
                guard got >= 0 else { throw Problem(.internalServerError, "the answer cannot be read back") }
                if got == 0 { break }
                offset += got
                try await body(ByteBuffer(bytes: bytes.prefix(got)))
            }
        }
        if !memory.isEmpty { try await body(ByteBuffer(bytes: memory)) }
    }
}
