import Testing

@testable import Messaging

@Suite("Custom headers")
struct HeaderFieldTests {
    @Test(
        "good ones are encoded once",
        arguments: [
            ("X-Campaign", " summer ", "X-Campaign: summer\r\n"),
            ("X-Note", "Größe", "X-Note: =?utf-8?B?R3LDtsOfZQ==?=\r\n"),
            ("X-Note", "a =?b?= c", "X-Note: =?utf-8?B?YSA9P2I/PSBj?=\r\n"),
            ("X-JSON", "{\"a\":\"" + String(repeating: "b", count: 90) + "\"}", nil),
            ("References", "<a=?b@c.example>", "References: <a=?b@c.example>\r\n"),
            ("Organization", "Acme Ltd", "Organization: Acme Ltd\r\n"),
        ] as [(String, String, String?)]
    )
    func good(name: String, value: String, field: String?) throws {
        let bytes = try HeaderField(name: name, value: value).bytes
        #expect(String(decoding: bytes, as: UTF8.self) == field ?? "\(name): \(value)\r\n")
    }

    @Test(
        "names that belong to the dispatcher or to mail servers are refused",
        arguments: [
            "From", "to", "CC", "Bcc", "Reply-To", "SUBJECT", "Date", "Message-ID", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding", "Sender", "Return-Path", "Received", "DKIM-Signature", "ARC-Seal", "Resent-To",
            "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "Authentication-Results",
        ]
    )
    func reserved(name: String) {
        #expect(
            Self.problem(name, "x") == "The header \"\(name)\" is written by the dispatcher or by mail servers: "
                + "remove it from the custom headers."
        )
    }

    @Test(
        "bad ones are refused with the problem and its remedy",
        arguments: [
            ("", "x", "\"\" is not a header name: use letters, digits and hyphens, at most 64, like X-Campaign."),
            ("X Y", "x", "\"X Y\" is not a header name: use letters, digits and hyphens, at most 64, like X-Campaign."),
            ("X:", "x", "\"X:\" is not a header name: use letters, digits and hyphens, at most 64, like X-Campaign."),
            (
                "X\r\nBcc", "x",
                "\"X<U+000D><U+000A>Bcc\" is not a header name: "
                    + "use letters, digits and hyphens, at most 64, like X-Campaign."
            ),
            (
                "Überschrift", "x",
                "\"Überschrift\" is not a header name: use letters, digits and hyphens, at most 64, like X-Campaign."
            ),
            ("X-Note", "  ", "The header \"X-Note\" has no value: give one, or remove the header."),
            ("References", "é", "The header \"References\" may hold ASCII only: remove what is not."),
            (
                "X-Note", String(repeating: "a", count: 980),
                "The header \"X-Note\" has more than 900 characters without a space: shorten it."
            ),
            (
                "X-Note", "a\r\nBcc: b@c.example",
                "The header \"X-Note\" contains U+000D, a line break or control character: remove it."
            ),
        ]
    )
    func bad(name: String, value: String, message: String) {
        #expect(Self.problem(name, value) == message)
    }

    @Test("the same header twice is refused")
    func duplicate() throws {
        let fields = [try HeaderField(name: "X-A", value: "1"), try HeaderField(name: "x-a", value: "2")]
        #expect(throws: EmailMessageError.duplicateHeader("x-a")) {
            try EmailHeaders(from: Mailbox(parsing: "a@example.com"), custom: fields)
        }
    }

    @Test("an opt-out link gives both headers over https, and one over http")
    func unsubscribe() throws {
        let link = try OneClickUnsubscribe(
            url: "https://acme.example/u/x,y",
            address: EmailAddress(parsing: "stop+7@acme.example")
        )
        #expect(
            String(decoding: link.bytes, as: UTF8.self) == """
                List-Unsubscribe: <https://acme.example/u/x,y>,\r
                 <mailto:stop+7@acme.example?subject=unsubscribe>\r
                List-Unsubscribe-Post: List-Unsubscribe=One-Click\r

                """
        )
        let plain = try OneClickUnsubscribe(url: "http://127.0.0.1:8025/u/x")
        #expect(String(decoding: plain.bytes, as: UTF8.self) == "List-Unsubscribe: <http://127.0.0.1:8025/u/x>\r\n")
        for url in ["ftp://a.example", "https://a b", "https://a>\r\nBcc: x", "https://ü.example", "https://a\"", ""] {
            #expect(throws: EmailMessageError.invalidUnsubscribeURL(url)) { try OneClickUnsubscribe(url: url) }
        }
    }

    private static func problem(_ name: String, _ value: String) -> String? {
        do {
            _ = try HeaderField(name: name, value: value)
            return nil
        } catch {
            return error.description
        }
    }
}
