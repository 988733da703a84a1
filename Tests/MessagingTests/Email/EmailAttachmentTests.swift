import Testing

@testable import Messaging

@Suite("Attachments")
struct EmailAttachmentTests {
    @Test(
        "file names stand quoted, extended or continued, whichever they need",
        arguments: [
            (
                "INV-1001.pdf",
                """
                Content-Type: application/pdf\r
                Content-Transfer-Encoding: base64\r
                Content-Disposition: attachment;\r
                 filename="INV-1001.pdf"\r
                """
            ),
            (
                " a \"b\".pdf",
                """
                Content-Type: application/pdf;\r
                 name="a _b_.pdf"\r
                Content-Transfer-Encoding: base64\r
                Content-Disposition: attachment;\r
                 filename*=utf-8''a%20%22b%22.pdf\r
                """
            ),
            (
                "請求書.pdf",
                """
                Content-Type: application/pdf;\r
                 name="___.pdf"\r
                Content-Transfer-Encoding: base64\r
                Content-Disposition: attachment;\r
                 filename*=utf-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf\r
                """
            ),
            (
                String(repeating: "é", count: 12) + ".pdf",
                """
                Content-Type: application/pdf;\r
                 name="____________.pdf"\r
                Content-Transfer-Encoding: base64\r
                Content-Disposition: attachment;\r
                 filename*0*=utf-8''%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9;\r
                 filename*1*=%C3%A9%C3%A9%C3%A9.pdf\r
                """
            ),
        ]
    )
    func filenames(name: String, head: String) throws {
        let part = try EmailAttachment(filename: name, contentType: "Application/PDF", bytes: [0]).part
        #expect(String(decoding: part, as: UTF8.self) == head + "\n\r\nAA==\r\n")
    }

    @Test("text that is UTF-8 is declared so, other text is not")
    func charset() throws {
        let utf8 = try EmailAttachment(filename: "a.csv", contentType: "text/csv", bytes: Array("é".utf8)).part
        #expect(String(decoding: utf8, as: UTF8.self).hasPrefix("Content-Type: text/csv; charset=utf-8\r\n"))
        let latin1 = try EmailAttachment(filename: "a.csv", contentType: "text/csv", bytes: [0xe9]).part
        #expect(String(decoding: latin1, as: UTF8.self).hasPrefix("Content-Type: text/csv\r\n"))
    }

    @Test(
        "bad file names are refused",
        arguments: ["", " ", ".", "..", "a/b", "a\\b", "a\nb", "a\0", String(repeating: "a", count: 256)]
    )
    func badFilename(name: String) {
        #expect(throws: EmailMessageError.invalidFilename(name)) {
            try EmailAttachment(filename: name, contentType: "a/b", bytes: [])
        }
    }

    @Test(
        "bad content types are refused",
        arguments: ["", "pdf", "/pdf", "application/", "a/b/c", "a/b; c=d", "a /b", "a/b\r\nX: y", "é/b"]
    )
    func badContentType(type: String) {
        #expect(throws: EmailMessageError.invalidContentType(type)) {
            try EmailAttachment(filename: "a", contentType: type, bytes: [])
        }
    }

    @Test("parts that may not be base64 are refused", arguments: ["message/rfc822", "Multipart/Mixed"])
    func composite(type: String) {
        #expect(throws: EmailMessageError.compositeContentType(type)) {
            try EmailAttachment(filename: "a", contentType: type, bytes: [])
        }
    }

    @Test("bad content ids are refused", arguments: ["", "a b", "<a@b>", "a@b@c", "a\r\n", ".a", "é"])
    func contentID(id: String) {
        #expect(throws: EmailMessageError.invalidContentID(id)) {
            try InlinePart(contentID: id, contentType: "image/png", bytes: [])
        }
    }
}
