/// Cuts a stream of bytes into batches of whole lines.
struct LineSplitter {
    /// What can be read of it now.
    enum Piece: Equatable {
        /// Whole lines, and the number of the first, from 1.
        case lines([UInt8], firstLine: Int)
        /// A line that was too long to be kept.
        case tooLong(line: Int)
    }

    private let limit: Int
    private var rest: [UInt8] = []
    private var nextLine = 1
    private var skipsToEnd = false

    /// - Parameter limit: bytes of the longest line.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are kept, as their line has no end yet.
    var pending: Int { rest.count }

    mutating func append(_ bytes: some Collection<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        var bytes = Array(bytes)
        if skipsToEnd {
            guard let end = bytes.firstIndex(of: 0x0a) else { return [] }
            skipsToEnd = false
            pieces.append(.tooLong(line: nextLine))
            nextLine += 1
            bytes.removeSubrange(...end)
        }
        let searched = rest.count
        rest += bytes
        if let end = rest[searched...].lastIndex(of: 0x0a) {
            let whole = Array(rest[...end])
            rest.removeSubrange(...end)
            pieces.append(.lines(whole, firstLine: nextLine))
            nextLine += whole.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 }
        }
        if rest.count > limit {
            rest = []
            skipsToEnd = true
        }
        return pieces
    }

    /// What is left when the stream has ended: a last line without its end.
    mutating func finish() -> [Piece] {
        if skipsToEnd { return [.tooLong(line: nextLine)] }
        guard !rest.isEmpty else { return [] }
        defer { rest = [] }
        return [.lines(rest, firstLine: nextLine)]
    }
}
