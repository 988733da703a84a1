import Testing

@testable import Curl

@Suite struct SMTPReplyParserTests {
    private func parse(_ chunks: [[UInt8]]) -> (replies: [SMTPReply], isMalformed: Bool) {
        var parser = SMTPReplyParser()
        var replies: [SMTPReply] = []
        for chunk in chunks {
            var offset = 0
            var finding = SMTPReplyParser.Finding.complete
            while finding == .complete {
                finding = chunk.withUnsafeBytes { parser.parse($0, from: &offset) }
                if finding == .complete { replies.append(parser.reply) }
            }
            if finding == .malformed { return (replies, true) }
        }
        return (replies, false)
    }

    @Test(arguments: [
        ("250 ok\r\n", [SMTPReply(code: 250, text: "ok")]),
        ("250\r\n", [SMTPReply(code: 250, text: "")]),
        ("250 ok\n354 go\n", [SMTPReply(code: 250, text: "ok"), SMTPReply(code: 354, text: "go")]),
        ("250-a\r\n250-\r\n250 c\r\n", [SMTPReply(code: 250, text: "a\n\nc")]),
        ("250-a\r\n550 b\r\n", [SMTPReply(code: 550, text: "a\nb")]),
        ("550 \u{1B}[31mred\u{7F}\ttab\0\r\n", [SMTPReply(code: 550, text: "?[31mred?\ttab?")]),
        ("250 ok", []),
    ])
    func `replies are found whole and in every cut`(_ text: String, expected: [SMTPReply]) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            let found = parse([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(found.replies == expected)
            #expect(!found.isMalformed)
        }
        #expect(parse(bytes.map { [$0] }).replies == expected)
    }

    @Test(arguments: [
        "hello\r\n", "25\r\n", "\r\n", "150 x\r\n", "650 x\r\n", "2500 x\r\n", "250_x\r\n", "HTTP/1.1 400\r\n",
    ])
    func `what is no reply is malformed`(_ text: String) {
        #expect(parse([Array(text.utf8)]).isMalformed)
    }

    @Test func `a line without an end is given up`() {
        #expect(parse(Array(repeating: Array("250 0123456789abcdef".utf8), count: 300)).isMalformed)
        #expect(parse([Array(("250 " + String(repeating: "x", count: 5000) + "\r\n").utf8)]).isMalformed)
    }

    @Test func `a reply of many lines keeps one kilobyte`() throws {
        let text = String(repeating: "250-0123456789\r\n", count: 1000) + "250 end\r\n"
        let reply = try #require(parse([Array(text.utf8)]).replies.first)
        #expect(reply.text.utf8.count == 1024)
        #expect(reply.text.hasPrefix("0123456789\n0123456789\n"))
    }

    @Test func `invalid UTF-8 is repaired`() {
        #expect(parse([Array("550 caf".utf8) + [0xE9] + Array("\r\n".utf8)]).replies.map(\.text) == ["caf\u{FFFD}"])
    }

    @Test(arguments: [
        ("5.1.1 no such user", EnhancedStatus(5, 1, 1)), ("2.0.0", EnhancedStatus(2, 0, 0)),
        ("4.7.650 slow\ndown", EnhancedStatus(4, 7, 650)), ("5.1 no", nil), ("1.2.3 no", nil), ("5.1.1000 no", nil),
        ("5.1.1.1 no", nil), ("no 5.1.1", nil), ("", nil), ("5..1", nil), ("5.1.1: no", nil),
    ])
    func `an enhanced code is read from the start of the text`(_ text: String, expected: EnhancedStatus?) {
        #expect(SMTPReply(code: 550, text: text).enhanced == expected)
    }

    @Test func `an answer to EHLO tells the extensions`() {
        let text = "mx.example\nPIPELINING\nsize 1000\n8BITMIME\nSMTPUTF8\nSTARTTLS\nAUTH PLAIN login\nAUTH=PLAIN\nDSN"
        let extensions = SMTPExtensions(SMTPReply(code: 250, text: text))
        #expect(extensions.pipelining && extensions.size && extensions.eightBitMIME && extensions.smtpUTF8)
        #expect(extensions.startTLS)
        #expect(extensions.sizeLimit == 1000)
        #expect(extensions.authentication == ["PLAIN", "LOGIN"])
        #expect(extensions.lines.count == 8)
        #expect(SMTPExtensions(SMTPReply(code: 250, text: "PIPELINING\nSIZE 0")).sizeLimit == nil)
        #expect(!SMTPExtensions(SMTPReply(code: 250, text: "PIPELINING")).pipelining)
    }
}
