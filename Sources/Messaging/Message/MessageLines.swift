/// Messages as JSON Lines, read with the number of each line.
public struct MessageLines: Sendable {
    /// The number of each message's line, beside ``messages``.
    public private(set) var lines: [Int] = []
    public private(set) var messages: [NewMessage] = []
    public private(set) var rejections: [(line: Int, rejection: Rejection)] = []
    /// Of the last line, empty ones included.
    public private(set) var lastLine: Int

    /// - Parameters:
    ///   - bytes: whole lines; the end of the last one may be missing.
    ///   - firstLine: its number, from 1.
    public init(_ bytes: [UInt8], firstLine: Int, reader: MessageReader) {
        lastLine = firstLine - 1
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            lastLine += 1
            read(bytes[start..<end], reader)
            start = end + 1
        }
    }

    /// A line that was too long to be kept.
    public init(tooLongLine line: Int) {
        lastLine = line
        rejections = [(line, Rejection("", "the line is longer than \(MessageReader.maximumSize >> 20) MiB"))]
    }

    private mutating func read(_ line: ArraySlice<UInt8>, _ reader: MessageReader) {
        var text = line
        if lastLine == 1, text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        if text.last == 0x0d { text = text.dropLast() }
        guard !text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return }
        do {
            messages.append(try reader.read(Array(text)))
            lines.append(lastLine)
        } catch {
            rejections.append((lastLine, error))
        }
    }

    /// Says of every message who handed it in, and whether it is a test.
    public mutating func sign(origin: String, isTest: Bool = false, key: (String) -> String = { $0 }) {
        for index in messages.indices {
            messages[index].origin = origin
            messages[index].isTest = isTest
            messages[index].key = messages[index].key.map(key)
        }
    }
}
