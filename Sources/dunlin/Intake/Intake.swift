import JSON
import Messaging

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
                var message = try reader.read(Array(text))
                message.origin = "cli"
                parsed.messages.append(message)
                parsed.lines.append(number)
            } catch {
                parsed.rejections.append((number, error))
            }
        }
        return parsed
    }
}
