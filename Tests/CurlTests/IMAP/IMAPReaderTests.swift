import Testing

@testable import Curl

@Suite("What an IMAP server answers")
struct IMAPReaderTests {
    private static func answers(_ bytes: [UInt8], largest: Int = 100, piece: Int) throws -> [IMAPReader.Answer] {
        var reader = IMAPReader(largest: largest)
        var answers: [IMAPReader.Answer] = []
        var start = 0
        while start < bytes.count {
            reader.receive(bytes[start..<min(start + piece, bytes.count)])
            start += piece
            while let answer = try reader.next() { answers.append(answer) }
        }
        return answers
    }

    @Test("is the same in whatever pieces it comes, whatever a literal holds", arguments: 1...40)
    func pieces(piece: Int) throws {
        let text =
            "* 2 EXISTS\r\n* 1 FETCH (UID 7 BODY[] {14}\r\nd1 OK\r\n* BYE\r\n FLAGS ())\r\n* 2 FETCH (BODY[] {0}\r\n)\r\nd1 OK done\n"
        #expect(
            try Self.answers(Array(text.utf8), piece: piece) == [
                .init(line: "* 2 EXISTS"),
                .init(line: "* 1 FETCH (UID 7 BODY[] {14} FLAGS ())", literals: [Array("d1 OK\r\n* BYE\r\n".utf8)]),
                .init(line: "* 2 FETCH (BODY[] {0})", literals: [[]]), .init(line: "d1 OK done"),
            ]
        )
    }

    @Test("leaves out what is larger than may be kept, and goes on after it", arguments: [1, 7, 1000])
    func large(piece: Int) throws {
        let bytes =
            Array("* 1 FETCH (BODY[] {200}\r\n".utf8) + [UInt8](repeating: 65, count: 200)
            + Array(")\r\nd1 OK\r\n".utf8)
        let answers = try Self.answers(bytes, piece: piece)
        #expect(answers.map(\.isCut) == [true, false])
        #expect(answers[0].literals == [[]] && answers[1].line == "d1 OK")
    }

    @Test("that never ends a line, or names a length that is none, is refused")
    func garbage() {
        #expect(throws: IMAPReader.Fault.garbage) {
            try Self.answers([UInt8](repeating: 65, count: IMAPReader.longestLine + 1), piece: 1 << 20)
        }
        #expect(throws: IMAPReader.Fault.garbage) {
            try Self.answers(Array("* 1 FETCH {99999999999999999999}\r\n".utf8), piece: 9)
        }
    }

    @Test("never breaks the reader, whatever bytes come", arguments: 0..<200)
    func random(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        let alphabet = Array("* {}0123456789\r\n()AZ\"\\".utf8) + [0, 0xff]
        let bytes = (0..<500).map { _ in alphabet[Int(next(UInt64(alphabet.count)))] }
        let whole = Result { try Self.answers(bytes, piece: 500) }
        let pieces = Result { try Self.answers(bytes, piece: Int(next(50)) + 1) }
        #expect((try? whole.get()) == (try? pieces.get()))
    }

    @Test(
        "names the mails that a search finds",
        arguments: [
            ("* SEARCH 2 84 882", [2, 84, 882]), ("* SEARCH", []), ("* search 5", [5]), ("* 3 EXISTS", []),
            ("* SEARCH x 3", [3]),
        ] as [(String, [UInt32])]
    )
    func search(line: String, expected: [UInt32]) {
        #expect(IMAPMailbox.numbers(line) == expected)
    }
}
