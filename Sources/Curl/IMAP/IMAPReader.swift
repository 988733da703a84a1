/// Takes an IMAP server's answers apart (RFC 9051, 2.2.2 and 4.3): lines, and the literals within them.
struct IMAPReader {
    /// An answer: its line without the literals, which stand beside it in order.
    struct Answer: Equatable {
        var line = ""
        var literals: [[UInt8]] = []
        /// A literal was longer than what is kept of one, and is left out.
        var isCut = false
    }

    enum Fault: Error, Equatable {
        /// A line without an end, or a literal whose length is none.
        case garbage
    }

    private var buffer: [UInt8] = []
    private var start = 0
    private var answer = Answer()
    /// Bytes of the literal that are still to come; `nil` between literals.
    private var missing: Int?
    private let largest: Int

    /// Bytes of a line: a search names all that it finds in one.
    static let longestLine = 8 << 20

    /// - Parameter largest: bytes of a literal that are kept; a longer one is read and left out.
    init(largest: Int) {
        self.largest = largest
    }

    mutating func receive(_ bytes: some Sequence<UInt8>) { buffer += bytes }

    /// - Returns: `nil` where more must come first.
    mutating func next() throws(Fault) -> Answer? {
        while true {
            if let count = missing {
                let here = min(count, buffer.count - start)
                if !answer.isCut { answer.literals[answer.literals.count - 1] += buffer[start..<start + here] }
                start += here
                missing = count == here ? nil : count - here
                if missing != nil {
                    compact()
                    return nil
                }
            }
            guard let end = buffer[start...].firstIndex(of: 0x0a) else {
                if buffer.count - start > IMAPReader.longestLine { throw .garbage }
                compact()
                return nil
            }
            var line = buffer[start..<end]
            if line.last == 0x0d { line = line.dropLast() }
            guard line.count <= IMAPReader.longestLine else { throw .garbage }
            start = end + 1
            answer.line += String(decoding: line, as: UTF8.self)
            guard let count = try IMAPReader.literal(line) else {
                defer { answer = Answer() }
                compact()
                return answer
            }
            answer.literals.append([])
            if count > largest { answer.isCut = true }
            missing = count
        }
    }

    /// The length at the end of a line such as `* 1 FETCH (BODY[] {1234}`.
    private static func literal(_ line: ArraySlice<UInt8>) throws(Fault) -> Int? {
        guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")) else { return nil }
        let digits = line[(open + 1)...].dropLast()
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard digits.count <= 10, let count = Int(String(decoding: digits, as: UTF8.self)) else { throw .garbage }
        return count
    }

    private mutating func compact() {
        guard start > 0 else { return }
        buffer.removeFirst(start)
        start = 0
    }
}
