import Foundation
import Messaging

/// Reads lines in blocks, so that a file of any length takes little memory.
final class LineReader {
    struct Block: Sendable {
        /// Of the first line, from 1.
        let firstLine: Int
        let bytes: [UInt8]
        /// The block is one line that was too long to be read; its bytes are gone.
        var isTooLong = false
    }

    private let handle: FileHandle
    private var rest: [UInt8] = []
    private var nextLine = 1
    private var isAtEnd = false

    static let blockSize = 512 << 10

    init(_ path: String) throws {
        if path == "-" {
            handle = .standardInput
        } else {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                let file = FileHandle(forReadingAtPath: path)
            else { throw Failure(.noInput, "\(path) cannot be read: there is no such file, or no right to read it") }
            handle = file
        }
    }

    /// Whole lines, some 512 KiB of them; `nil` at the end.
    func next() throws -> Block? {
        var bytes = rest
        rest = []
        while !isAtEnd {
            let searched = bytes.count
            guard let chunk = try handle.read(upToCount: LineReader.blockSize), !chunk.isEmpty else {
                isAtEnd = true
                break
            }
            bytes += chunk
            guard bytes.count >= LineReader.blockSize || bytes.count > searched else { continue }
            if let end = bytes[searched...].lastIndex(of: 0x0a) {
                rest = Array(bytes[(end + 1)...])
                bytes.removeSubrange((end + 1)...)
                break
            }
            if bytes.count > MessageReader.maximumSize + LineReader.blockSize { return try skipLine() }
        }
        guard !bytes.isEmpty else { return nil }
        let block = Block(firstLine: nextLine, bytes: bytes)
        nextLine += bytes.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 }
        return block
    }
}

extension LineReader {
    /// Reads on to the end of a line that is too long to be kept.
    private func skipLine() throws -> Block {
        defer { nextLine += 1 }
        while let chunk = try handle.read(upToCount: LineReader.blockSize), !chunk.isEmpty {
            if let end = chunk.firstIndex(of: 0x0a) {
                rest = Array(chunk[chunk.index(after: end)...])
                return Block(firstLine: nextLine, bytes: [], isTooLong: true)
            }
        }
        isAtEnd = true
        return Block(firstLine: nextLine, bytes: [], isTooLong: true)
    }
}
