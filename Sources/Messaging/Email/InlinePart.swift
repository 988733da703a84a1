/// An image, or the like, that a message's HTML shows with `cid:`. It is encoded when it is made.
public struct InlinePart: Sendable, Hashable {
    public let contentID: String

    /// The whole part: header fields, an empty line, base64.
    let part: [UInt8]

    /// - Parameters:
    ///   - contentID: what stands behind `cid:` in the HTML, like `logo@acme.example`: dot-atoms with one `@` at most.
    ///   - contentType: `type/subtype`; not `multipart` or `message`.
    ///   - filename: 1 to 255 bytes, any script, no path.
    public init(
        contentID: String,
        contentType: String,
        filename: String? = nil,
        bytes: [UInt8]
    ) throws(EmailMessageError) {
        guard contentID.utf8.count <= 200, MessageIDSyntax.isValid(contentID.utf8.span, needsDomain: false) else {
            throw .invalidContentID(contentID)
        }
        let type = try ContentType(contentType)
        var name: Filename?
        if let filename { name = try Filename(filename) }
        var part: [UInt8] = []
        part.append("Content-Type: ")
        part.append(type.bytes.span)
        if type.isText && bytes.span.isUTF8 { part.append("; charset=utf-8") }
        name?.appendFallback(to: &part)
        part.append("\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <")
        part.append(contentID.utf8.span)
        part.append(">\r\nContent-Disposition: inline")
        name?.appendParameter(to: &part)
        part.append("\r\n\r\n")
        Base64.appendLines(bytes.span, to: &part)
        self.contentID = contentID
        self.part = part
    }
}
