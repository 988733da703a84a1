import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct Enqueue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accept messages from JSON Lines.",
        discussion: """
            One message a line. What is accepted survives a power failure. A bad line is told of on standard error with its \
            number and reason, and the good ones stay accepted: mend it and run the whole file again, messages with a 'key' \
            are not accepted twice.

            Exit status: 0 all accepted or there already, 65 some lines were bad, 75 the disk is full or the database busy.
            """
    )

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file, or - for standard input.", completion: .file())
    var file = "-"

    @Flag(help: "Print the counts as JSON.")
    var json = false

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let input = try LineReader(file)
            if file == "-", isatty(STDIN_FILENO) == 1 {
                Console.error("reading messages from the terminal; end with Ctrl-D")
            }
            var intake = Intake(queue: app.queue, reader: try await app.reader())
            do {
                try await intake.run(input)
            } catch let error as StorageError {
                Console.endProgress()
                Console.error("stopped after line \(intake.settledLines): \(intake.counts.text)")
                throw error
            }
            Console.endProgress()
            Console.print(json ? intake.counts.json : intake.counts.text)
            if intake.counts.bad > 0 { throw Failure(.data, "") }
        }
    }
}

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

/// Takes lines in: parsed on all cores, stored in order.
struct Intake {
    struct Counts: Equatable {
        var accepted = 0
        var duplicate = 0
        var conflict = 0
        var rejected = 0

        var bad: Int { conflict + rejected }

        var text: String {
            var text = "\(Console.count(Int64(accepted))) accepted"
            if duplicate > 0 { text += ", \(Console.count(Int64(duplicate))) there already" }
            if conflict > 0 { text += ", \(Console.count(Int64(conflict))) in conflict" }
            if rejected > 0 { text += ", \(Console.count(Int64(rejected))) rejected" }
            return text
        }

        var json: String {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("accepted", accepted)
            writer.member("duplicate", duplicate)
            writer.member("conflict", conflict)
            writer.member("rejected", rejected)
            writer.endObject()
            return writer.text
        }
    }

    private struct Parsed: Sendable {
        let lastLine: Int
        var lines: [Int] = []
        var messages: [NewMessage] = []
        var rejections: [(line: Int, rejection: Rejection)] = []
    }

    let queue: Queue
    let reader: MessageReader
    private(set) var counts = Counts()
    /// Lines up to here are accepted or refused.
    private(set) var settledLines = 0
    private var lastShown = ContinuousClock.now

    /// Blocks that are parsed ahead of the one that is stored.
    private static let ahead = 3

    init(queue: Queue, reader: MessageReader) {
        self.queue = queue
        self.reader = reader
    }

    mutating func run(_ input: LineReader) async throws {
        var parsing: [Task<Parsed, Never>] = []
        defer { for task in parsing { task.cancel() } }
        while true {
            while parsing.count < Intake.ahead, let block = try input.next() {
                parsing.append(Task { [reader] in Intake.parse(block, reader) })
            }
            guard !parsing.isEmpty else { return }
            try await store(await parsing.removeFirst().value)
        }
    }

    private mutating func store(_ parsed: Parsed) async throws {
        var problems = parsed.rejections.map { ($0.line, $0.rejection.description) }
        let receipts = parsed.messages.isEmpty ? [] : try await queue.enqueue(parsed.messages)
        for (index, receipt) in receipts.enumerated() {
            let line = parsed.lines[index]
            switch receipt {
            case .accepted: counts.accepted += 1
            case .duplicate: counts.duplicate += 1
            case .conflict(let id):
                counts.conflict += 1
                problems.append(
                    (
                        line,
                        "key: '\(parsed.messages[index].key ?? "")' belongs to message \(id), which says something else: "
                            + "use another key"
                    )
                )
            case .refused(let why):
                counts.rejected += 1
                problems.append((line, why))
            }
        }
        counts.rejected += parsed.rejections.count
        if !problems.isEmpty { Console.endProgress() }
        for (line, message) in problems.sorted(by: { $0.0 < $1.0 }) { Console.error("line \(line): \(message)") }
        settledLines = parsed.lastLine
        if ContinuousClock.now - lastShown > .milliseconds(200) {
            lastShown = .now
            Console.progress(counts.text)
        }
    }

    private static func parse(_ block: LineReader.Block, _ reader: MessageReader) -> Parsed {
        var line = block.firstLine
        if block.isTooLong {
            let rejection = Rejection("", "the line is longer than \(MessageReader.maximumSize >> 20) MiB")
            return Parsed(lastLine: line, rejections: [(line, rejection)])
        }
        var lines: [(Int, Range<Int>)] = []
        var start = 0
        for index in block.bytes.indices where block.bytes[index] == 0x0a {
            lines.append((line, start..<index))
            line += 1
            start = index + 1
        }
        if start < block.bytes.count {
            lines.append((line, start..<block.bytes.count))
            line += 1
        }
        var parsed = Parsed(lastLine: line - 1)
        for (number, range) in lines {
            var text = block.bytes[range]
            if number == 1, text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
            if text.last == 0x0d { text = text.dropLast() }
            guard !text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            do {
                parsed.messages.append(try reader.read(Array(text)))
                parsed.lines.append(number)
            } catch {
                parsed.rejections.append((number, error))
            }
        }
        return parsed
    }
}
