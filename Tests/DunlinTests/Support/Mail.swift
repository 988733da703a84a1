import Foundation

/// A message as a test hands it in.
struct Mail: Encodable {
    struct Content: Encodable {
        var subject: String
        var text: String
        var html: String?
    }

    struct Attachment: Encodable {
        var filename: String
        var contentType: String
        var base64: String
        var contentId: String?
    }

    var key: String?
    var channel = "email"
    var to: String
    var brand: String?
    var content: Content?
    var template: String?
    var locale: String?
    var priority: Int?
    var due: String?
    var expires: String?
    var category: String?
    var attachments: [Attachment]?

    init(
        _ key: String?,
        to: String = "ada@example.com",
        subject: String? = nil,
        text: String = "Hello.",
        html: String? = nil
    ) {
        self.key = key
        self.to = to
        content = Content(subject: subject ?? key ?? "Hello", text: text, html: html)
    }

    var line: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    static func lines(_ mails: [Mail]) throws -> String {
        try mails.map { try $0.line + "\n" }.joined()
    }
}
