/// A file that goes with a message. It is encoded when it is made, so that sending it many times costs only a copy.
public struct EmailAttachment: Sendable, Hashable {
    /// The whole part: header fields, an empty line, base64.
    let part: [UInt8]

    /// - Parameters:
    ///   - filename: 1 to 255 bytes, any script, no path.
    ///   - contentType: `type/subtype`; not `multipart` or `message`. Text that is UTF-8 is declared so.
    public init(filename: String, contentType: String, bytes: [UInt8]) throws(EmailMessageError) {
        let name = try Filename(filename)
        let type = try ContentType(contentType)
        var part: [UInt8] = []
        part.append("Content-Type: ")
        part.append(type.bytes.span)
        if type.isText && bytes.span.isUTF8 { part.append("; charset=utf-8") }
        name.appendFallback(to: &part)
        part.append("\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment")
        name.appendParameter(to: &part)
        part.append("\r\n\r\n")
        Base64.appendLines(bytes.span, to: &part)
        self.part = part
    }
}
