import Testing

@testable import Messaging

@Suite("Header values")
struct HeaderValueTests {
    @Test(
        "a subject stands plain where a parser reads it back unchanged, else encoded",
        arguments: [
            ("", " \r\n"),
            ("Invoice INV-1001 is due", " Invoice INV-1001 is due\r\n"),
            ("Rechnung fällig", " =?utf-8?Q?Rechnung_f=C3=A4llig?=\r\n"),
            ("Счёт", " =?utf-8?B?0KHRh9GR0YI=?=\r\n"),
            ("请付款", " =?utf-8?B?6K+35LuY5qy+?=\r\n"),
            ("=?utf-8?Q?fake?=", " =?utf-8?B?PT91dGYtOD9RP2Zha2U/PQ==?=\r\n"),
            (" x ", " =?utf-8?Q?_x_?=\r\n"),
            (
                String(repeating: "word ", count: 17) + "end",
                " " + String(repeating: "word ", count: 13) + "word\r\n word word word end\r\n"
            ),
            (
                "a" + String(repeating: "b", count: 70),
                " =?utf-8?Q?a" + String(repeating: "b", count: 54) + "?=\r\n =?utf-8?Q?"
                    + String(repeating: "b", count: 16) + "?=\r\n"
            ),
        ]
    )
    func subject(text: String, value: String) {
        #expect(Self.encoded(text) == value)
    }

    @Test(
        "every random text comes back, in lines of at most 76 with words of at most 75",
        arguments: 0..<20 as Range<UInt64>
    )
    func roundTrip(seed: UInt64) throws {
        var corpus = MailCorpus(seed: seed)
        for _ in 0..<50 {
            let text = corpus.line(words: 0...30)
            let value = Self.encoded(text)
            #expect(
                try EncodedWordReader.decode(String(value.dropLast())).unicodeScalars.elementsEqual(text.unicodeScalars)
            )
            let lines = ("Subject:" + value).dropLast().split(separator: "\r\n", omittingEmptySubsequences: false)
            for line in lines {
                #expect(line.utf8.count <= (line.contains("=?utf-8?") ? 76 : 78))
                #expect(line.contains { $0 != " " })
            }
        }
    }

    @Test(
        "words are cut between graphemes",
        arguments: ["👩‍👩‍👧‍👦", "🇩🇪", "e\u{301}", "👍🏽", "क्षि", "ก็"]
    )
    func graphemes(character: String) throws {
        for shift in 0..<8 {
            let text = String(repeating: "x", count: shift) + String(repeating: character, count: 30)
            let value = Self.encoded(text)
            let words = value.split(whereSeparator: \.isWhitespace)
            #expect(words.count > 1)
            let decoded = try words.map { try EncodedWordReader.decode(" " + $0) }
            #expect(decoded.joined() == text)
            #expect(decoded.map(\.count).reduce(0, +) == text.count)
        }
    }

    @Test("a grapheme longer than a word is cut between characters")
    func longGrapheme() throws {
        let text = "e" + String(repeating: "\u{301}", count: 200)
        #expect(try EncodedWordReader.decode(String(Self.encoded(text).dropLast())) == text)
    }

    @Test(
        "line breaks and other controls are refused, nowhere stripped",
        arguments: [
            "\r\nBcc: x@y.example", "\n", "\r", "\0", "\t", "\u{1b}", "\u{7f}", "\u{80}", "\u{85}", "\u{9f}",
            "\u{2028}", "\u{2029}",
        ]
    )
    func injection(text: String) throws {
        let scalar = try #require(text.unicodeScalars.first)
        for value in [text, "é" + text, text + "é", "Acme" + text + "x"] {
            #expect(throws: EmailMessageError.controlCharacter(in: "The subject", scalar)) {
                try HeaderValue.check(value.utf8.span, place: "The subject")
            }
            #expect(throws: EmailMessageError.controlCharacter(in: "The header \"X-Note\"", scalar)) {
                try HeaderField(name: "X-Note", value: value)
            }
        }
    }

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        HeaderValue.appendText(text.utf8.span, column: 8, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
