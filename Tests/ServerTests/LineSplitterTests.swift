import Testing

@testable import Server

@Suite("Lines out of a stream")
struct LineSplitterTests {
    /// The lines that come out when the text comes in pieces of a size, with their numbers.
    private func lines(_ text: String, inPiecesOf size: Int, limit: Int = 100) -> [String] {
        var splitter = LineSplitter(limit: limit)
        var pieces: [LineSplitter.Piece] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            pieces += splitter.append(bytes[start..<min(start + size, bytes.count)])
            #expect(splitter.pending <= limit + size)
        }
        pieces += splitter.finish()
        return pieces.flatMap { piece -> [String] in
            switch piece {
            case .tooLong(let line): return ["\(line): too long"]
            case .lines(let bytes, let first):
                let whole = String(decoding: bytes, as: UTF8.self)
                let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
                return (whole.hasSuffix("\n") ? lines.dropLast() : lines[...]).enumerated().map {
                    "\(first + $0): \($1)"
                }
            }
        }
    }

    @Test("are the same however the stream is cut", arguments: 1...12)
    func cuts(size: Int) {
        #expect(lines("a\nbb\n\nccc", inPiecesOf: size) == ["1: a", "2: bb", "3: ", "4: ccc"])
        #expect(lines("a\n", inPiecesOf: size) == ["1: a"])
        #expect(lines("", inPiecesOf: size) == [])
    }

    @Test("are passed over when they are too long, and counted", arguments: 1...12)
    func long(size: Int) {
        let text = "a\n" + String(repeating: "x", count: 60) + "\nb\n" + String(repeating: "y", count: 60)
        #expect(lines(text, inPiecesOf: size, limit: 20) == ["1: a", "2: too long", "3: b", "4: too long"])
    }
}
