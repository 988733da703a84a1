public import JSON

/// A part of a message or template as it goes out, such as `email.html`.
public struct RenderedPart: Sendable {
    public let name: String
    /// UTF-8.
    public let bytes: [UInt8]

    public var isHTML: Bool { name.hasSuffix(".html") }
    public var contentType: String {
        isHTML ? "text/html" : name.hasSuffix(".json") ? "application/json" : "text/plain"
    }
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("content_type", contentType)
        writer.member("text", text)
        if let segments {
            writer.name("segments")
            writer.beginObject()
            writer.member("count", segments.count)
            writer.member("alphabet", segments.alphabet.rawValue)
            writer.member("units", segments.units)
            writer.endObject()
        }
        writer.endObject()
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// How a text message is split; `nil` for any other part.
    public var segments: TextSegments? { name == "sms.txt" ? TextSegments(text) : nil }
}
