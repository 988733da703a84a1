import Testing

@testable import Messaging

@Suite("Segments of a text")
struct TextSegmentsTests {
    @Test("are told in words, for the part of a text alone")
    func summary() {
        #expect(
            RenderedPart(name: "sms.txt", bytes: Array("Hi €".utf8)).segments?.summary
                == "1 segment, GSM-7, 5 characters"
        )
        #expect(TextSegments(String(repeating: "ж", count: 71)).summary == "2 segments, UCS-2, 71 characters")
        #expect(RenderedPart(name: "email.txt", bytes: []).segments == nil)
    }

    @Test(
        "are counted in septets, or in UTF-16 where one character needs it",
        arguments: [
            ("", TextSegments.Alphabet.gsm7, 0, 1),
            (String(repeating: "a", count: 160), .gsm7, 160, 1), (String(repeating: "a", count: 161), .gsm7, 161, 2),
            (String(repeating: "a", count: 306), .gsm7, 306, 2), (String(repeating: "a", count: 307), .gsm7, 307, 3),
            (String(repeating: "€", count: 80), .gsm7, 160, 1), (String(repeating: "€", count: 81), .gsm7, 162, 2),
            // 153 septets hold 76 of them: the 77th is not split.
            (String(repeating: "€", count: 153), .gsm7, 306, 3),
            ("a" + String(repeating: "€", count: 152), .gsm7, 305, 2),
            ("@£$¥èéùìòÇ\nØø\rÅå", .gsm7, 16, 1), ("[~]{|}^\\€\u{c}", .gsm7, 20, 1),
            ("ç", .ucs2, 1, 1), ("`", .ucs2, 1, 1), ("“quoted”", .ucs2, 8, 1),
            (String(repeating: "ж", count: 70), .ucs2, 70, 1), (String(repeating: "ж", count: 71), .ucs2, 71, 2),
            (String(repeating: "ж", count: 134), .ucs2, 134, 2), (String(repeating: "ж", count: 135), .ucs2, 135, 3),
            (String(repeating: "😀", count: 35), .ucs2, 70, 1), (String(repeating: "😀", count: 36), .ucs2, 72, 2),
            // 67 units hold 33 of them.
            (String(repeating: "😀", count: 66), .ucs2, 132, 2), (String(repeating: "😀", count: 67), .ucs2, 134, 3),
        ] as [(String, TextSegments.Alphabet, Int, Int)]
    )
    func count(text: String, alphabet: TextSegments.Alphabet, units: Int, count: Int) {
        let segments = TextSegments(text)
        #expect(segments.alphabet == alphabet)
        #expect(segments.units == units)
        #expect(segments.count == count)
    }
}
