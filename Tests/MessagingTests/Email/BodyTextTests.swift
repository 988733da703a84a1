import Testing

@testable import Messaging

@Suite("Text parts")
struct BodyTextTests {
    private static let x998 = String(repeating: "x", count: 998)

    @Test(
        "ASCII goes as it is, with canonical line ends",
        arguments: [
            ("", ""),
            ("a", "a"),
            ("a\nb\r\nc\rd\n", "a\r\nb\r\nc\r\nd\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n"),
            ("\tindented\nspaces at the end  \n", "\tindented\r\nspaces at the end  \r\n"),
            (".\n..\n", ".\r\n..\r\n"),
            (x998 + "\n" + x998, x998 + "\r\n" + x998),
            ("12345678\n1234567\n", "12345678\r\n1234567\r\n"),
        ]
    )
    func plain(text: String, body: String) {
        #expect(Self.part(text) == ["7bit", body])
    }

    @Test(
        "quoted-printable where ASCII does not do",
        arguments: [
            ("fällig", "f=C3=A4llig"),
            ("ä. b \nc\t\n d ", "=C3=A4. b=20\r\nc=09\r\n d=20"),
            ("=_ in the text", "=3D_ in the text"),
            ("escape \u{1b}[0m", "escape =1B[0m"),
            ("delete \u{7f}", "delete =7F"),
            ("ä\n.\n..x\nFrom me\nFromage\n", "=C3=A4\r\n=2E\r\n=2E.x\r\n=46rom me\r\nFromage\r\n"),
            ("é\r\n\r\n\rx", "=C3=A9\r\n\r\n\r\nx"),
            (
                String(repeating: "y", count: 999),
                String(repeating: String(repeating: "y", count: 75) + "=\r\n", count: 13)
                    + String(repeating: "y", count: 24)
            ),
            (
                "ö" + String(repeating: "y", count: 70) + "\n",
                "=C3=B6" + String(repeating: "y", count: 70) + "\r\n"
            ),
            (
                "ö" + String(repeating: "y", count: 71) + "\n",
                "=C3=B6" + String(repeating: "y", count: 69) + "=\r\nyy\r\n"
            ),
            (
                "ö" + String(repeating: "y", count: 69) + ".\n",
                "=C3=B6" + String(repeating: "y", count: 69) + ".\r\n"
            ),
            (
                "ö" + String(repeating: "y", count: 69) + "..\n",
                "=C3=B6" + String(repeating: "y", count: 69) + "=\r\n=2E.\r\n"
            ),
        ]
    )
    func quotedPrintable(text: String, body: String) {
        #expect(Self.part(text) == ["quoted-printable", body])
    }

    @Test("base64 where that is shorter")
    func base64() {
        #expect(Self.part("Привет,\nмир") == ["base64", "0J/RgNC40LLQtdGCLA0K0LzQuNGA\r\n"])
        let lines = Self.part(String(repeating: "漢字", count: 40))[1].split(separator: "\r\n")
        #expect(lines.map(\.count) == [76, 76, 76, 76, 16])
    }

    @Test("NUL and what is not UTF-8 are refused")
    func refused() {
        #expect(throws: EmailMessageError.nulByte(in: "The text")) {
            try BodyText.check([0x61, 0].span, place: "The text")
        }
        #expect(throws: EmailMessageError.notUTF8("The text")) {
            try BodyText.check([0x61, 0xe9].span, place: "The text")
        }
    }

    @Test(
        "no encoded part holds what begins a boundary, and none exceeds its lines",
        arguments: 0..<10 as Range<UInt64>
    )
    func safe(seed: UInt64) {
        var corpus = MailCorpus(seed: seed)
        for _ in 0..<40 {
            let part = Self.part(corpus.text())
            #expect(!part[1].contains("=_"))
            let limit = part[0] == "7bit" ? 998 : 76
            for line in part[1].split(separator: "\r\n") { #expect(line.utf8.count <= limit) }
        }
    }

    /// The transfer encoding, and the body.
    private static func part(_ text: String) -> [String] {
        var bytes: [UInt8] = []
        BodyText.appendPart(text.utf8.span, subtype: "plain", to: &bytes)
        let part = String(decoding: bytes, as: UTF8.self)
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        guard part.hasPrefix(head), let end = part.firstRange(of: "\r\n\r\n") else { return [part] }
        return [String(part[..<end.lowerBound].dropFirst(head.count)), String(part[end.upperBound...])]
    }
}
