import JSON
import Messaging

/// Takes lines in: parsed on all cores, stored in order.
struct Intake {
    let queue: Queue
    let reader: MessageReader
    private(set) var counts = IntakeCounts()
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
        var parsing: [Task<MessageLines, Never>] = []
        defer { for task in parsing { task.cancel() } }
        while true {
            while parsing.count < Intake.ahead, let block = try input.next() {
                parsing.append(Task { [reader] in Intake.parse(block, reader) })
            }
            guard !parsing.isEmpty else { return }
            try await store(await parsing.removeFirst().value)
        }
    }

    private mutating func store(_ parsed: MessageLines) async throws {
        var problems = parsed.rejections.map { ($0.line, $0.rejection.description) }
        let receipts = parsed.messages.isEmpty ? [] : try await queue.enqueue(parsed.messages)
        for (index, receipt) in receipts.enumerated() {
            let line = parsed.lines[index]
            counts.add(receipt)
            switch receipt {
            case .accepted, .duplicate: break
            case .conflict(let id):
                problems.append(
                    (
                        line,
                        "key: '\(parsed.messages[index].key ?? "")' belongs to message \(id), which says something else: "
                            + "use another key"
                    )
                )
            case .refused(let why):
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

    private static func parse(_ block: LineReader.Block, _ reader: MessageReader) -> MessageLines {
        guard !block.isTooLong else { return MessageLines(tooLongLine: block.firstLine) }
        var lines = MessageLines(block.bytes, firstLine: block.firstLine, reader: reader)
        lines.sign(origin: "cli")
        return lines
    }
}

extension IntakeCounts {
    var text: String {
        var text = "\(Words.count(Int64(accepted))) accepted"
        if duplicate > 0 { text += ", \(Words.count(Int64(duplicate))) there already" }
        if conflict > 0 { text += ", \(Words.count(Int64(conflict))) in conflict" }
        if rejected > 0 { text += ", \(Words.count(Int64(rejected))) rejected" }
        return text
    }

    var json: String {
        JSONWriter.text { writer in
            writer.beginObject()
            write(to: &writer)
            writer.endObject()
        }
    }
}
