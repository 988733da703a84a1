import Testing

@testable import Messaging

@Suite("Email messages")
struct EmailMessageTests {
    @Test("text alone is one part")
    func text() throws {
        #expect(
            try Self.bytes(text: "Dear Ada,\n.\nplease pay.") == """
                Date: Sun, 22 Nov 2026 04:49:43 +0000\r
                From: Acme Billing <billing@acme.example>\r
                Reply-To: help@acme.example\r
                X-Brand: acme\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                To: Ada Lovelace <ada@example.com>\r
                Subject: Invoice INV-1001\r
                Message-ID: <dunlin.7.x@acme.example>\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: 7bit\r
                \r
                Dear Ada,\r
                .\r
                please pay.\r

                """
        )
    }

    @Test("HTML, an image and a file nest as alternative, related and mixed")
    func everything() throws {
        let image = try InlinePart(contentID: "logo@acme.example", contentType: "image/png", bytes: [1, 2, 3])
        let file = try EmailAttachment(filename: "Rechnung März.pdf", contentType: "application/pdf", bytes: [4, 5, 6])
        let all = try Self.bytes(
            text: "Pay.\n",
            html: "<img src=\"cid:logo@acme.example\">",
            inline: [image],
            attachments: [file]
        )
        let start = try #require(all.firstRange(of: "Content-Type: multipart/mixed")?.lowerBound)
        #expect(
            all[start...].replacing("=_m" + Self.hash, with: "MIXED").replacing("=_a" + Self.hash, with: "ALTERNATIVE")
                .replacing("=_r" + Self.hash, with: "RELATED") == """
                    Content-Type: multipart/mixed;\r
                     boundary="MIXED"\r
                    \r
                    --MIXED\r
                    Content-Type: multipart/alternative;\r
                     boundary="ALTERNATIVE"\r
                    \r
                    --ALTERNATIVE\r
                    Content-Type: text/plain; charset=utf-8\r
                    Content-Transfer-Encoding: 7bit\r
                    \r
                    Pay.\r
                    \r
                    --ALTERNATIVE\r
                    Content-Type: multipart/related; type="text/html";\r
                     boundary="RELATED"\r
                    \r
                    --RELATED\r
                    Content-Type: text/html; charset=utf-8\r
                    Content-Transfer-Encoding: 7bit\r
                    \r
                    <img src="cid:logo@acme.example">\r
                    --RELATED\r
                    Content-Type: image/png\r
                    Content-Transfer-Encoding: base64\r
                    Content-ID: <logo@acme.example>\r
                    Content-Disposition: inline\r
                    \r
                    AQID\r
                    \r
                    --RELATED--\r
                    \r
                    --ALTERNATIVE--\r
                    \r
                    --MIXED\r
                    Content-Type: application/pdf;\r
                     name="Rechnung M_rz.pdf"\r
                    Content-Transfer-Encoding: base64\r
                    Content-Disposition: attachment;\r
                     filename*=utf-8''Rechnung%20M%C3%A4rz.pdf\r
                    \r
                    BAUG\r
                    \r
                    --MIXED--\r

                    """
        )
    }

    @Test("the same message has the same bytes each time, another id another boundary")
    func stable() throws {
        let first = try Self.bytes(text: "a", html: "b")
        #expect(try Self.bytes(text: "a", html: "b") == first)
        let other = try Self.bytes(text: "a", html: "b", messageID: "dunlin.8.x@acme.example")
        #expect(!other.contains(Self.hash))
    }

    @Test("a text that holds its own boundary cannot end its part")
    func boundary() throws {
        let attack = "\n--=_a" + Self.hash + "--\n"
        let all = try Self.bytes(text: attack, html: attack)
        #expect(all.ranges(of: "\r\n--=_a" + Self.hash).count == 3)
    }

    @Test(
        "only an address that is not ASCII before its @ needs SMTPUTF8",
        arguments: [
            ("ada@bücher.example", "billing@acme.example", nil),
            ("дарья@пример.рф", "billing@acme.example", "дарья@пример.рф"),
            ("ada@example.com", "büro@acme.example", "büro@acme.example"),
        ] as [(String, String, String?)]
    )
    func internationalised(to: String, from: String, refused: String?) throws {
        let message = try EmailMessage(
            headers: EmailHeaders(from: Mailbox(parsing: from)),
            to: Mailbox(parsing: to),
            subject: Array("é".utf8),
            text: Array("é".utf8),
            messageID: "a@b",
            date: 0
        )
        #expect(message.needsSMTPUTF8 == (refused != nil))
        var bytes: [UInt8] = []
        message.append(to: &bytes)
        #expect(message.has8Bit == bytes.contains { $0 >= 0x80 })
        try message.check(offersSMTPUTF8: true)
        var problem: String?
        do { try message.check(offersSMTPUTF8: false) } catch { problem = error.description }
        #expect(
            problem
                == refused.map {
                    "The mail server does not offer SMTPUTF8, and \"\($0)\" needs it: "
                        + "use an address that is ASCII before the \"@\", or a server that offers SMTPUTF8."
                }
        )
    }

    @Test("what cannot be sent is refused when the message is made")
    func refused() throws {
        #expect(throws: EmailMessageError.controlCharacter(in: "The subject", "\n")) {
            try Self.bytes(subject: "a\nBcc: b@c.example", text: "")
        }
        #expect(throws: EmailMessageError.nulByte(in: "The text")) { try Self.bytes(text: "a\0") }
        #expect(throws: EmailMessageError.nulByte(in: "The HTML")) { try Self.bytes(text: "a", html: "\0") }
        for id in ["", "a", "<a@b>", "a@b\r\n", "a b@c", "a@b@c", "@", "a@", "é@b"] {
            #expect(throws: EmailMessageError.invalidMessageID(id)) { try Self.bytes(text: "", messageID: id) }
        }
        let image = try InlinePart(contentID: "a", contentType: "image/png", bytes: [])
        #expect(throws: EmailMessageError.inlineWithoutHTML) { try Self.bytes(text: "", inline: [image]) }
        #expect(throws: EmailMessageError.duplicateContentID("a")) {
            try Self.bytes(text: "", html: "", inline: [image, image])
        }
    }

    private static let hash: String = {
        var digits: [UInt8] = []
        digits.append(hexadecimal: StableHash(key0: 0, key1: 0).hash("dunlin.7.x@acme.example".utf8.span))
        return String(decoding: digits, as: UTF8.self)
    }()

    private static func bytes(
        subject: String = "Invoice INV-1001",
        text: String,
        html: String? = nil,
        messageID: String = "dunlin.7.x@acme.example",
        inline: [InlinePart] = [],
        attachments: [EmailAttachment] = []
    ) throws -> String {
        let message = try EmailMessage(
            headers: EmailHeaders(
                from: Mailbox(parsing: "Acme Billing <billing@acme.example>"),
                replyTo: Mailbox(parsing: "help@acme.example"),
                custom: [HeaderField(name: "X-Brand", value: "acme")]
            ),
            to: Mailbox(parsing: "Ada Lovelace <ada@example.com>"),
            subject: Array(subject.utf8),
            text: Array(text.utf8),
            html: html.map { Array($0.utf8) },
            messageID: messageID,
            date: 1_795_322_983_000,
            inline: inline,
            attachments: attachments
        )
        var bytes: [UInt8] = []
        message.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
