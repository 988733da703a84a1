/// A media type, `type/subtype`, without parameters.
struct ContentType {
    let bytes: [UInt8]

    /// - Throws: also for `multipart` and `message`, whose parts may not be base64 (RFC 2045, 6.4).
    init(_ text: String) throws(EmailMessageError) {
        let span = text.utf8.span
        guard let slash = span.firstIndex(of: 0x2f), slash > 0, slash + 1 < span.count, span.count <= 127 else {
            throw .invalidContentType(text)
        }
        for index in 0..<span.count where index != slash && !ASCIISet.token.contains(span[index]) {
            throw .invalidContentType(text)
        }
        var bytes: [UInt8] = []
        for index in 0..<span.count { bytes.append(span[index].lowercasedASCII) }
        self.bytes = bytes
        if bytes.span.has("multipart/", at: 0) || bytes.span.has("message/", at: 0) {
            throw .compositeContentType(text)
        }
    }

    var isText: Bool { bytes.span.has("text/", at: 0) }
}
