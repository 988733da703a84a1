/// The headers with which a mail program can opt out for its reader (RFC 8058, RFC 2369).
public struct OneClickUnsubscribe: Sendable, Hashable {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - url: where `POST` opts out. With `https`, the message promises one click; with `http`, which RFC 8058 does
    ///     not allow for that, it only names the link.
    ///   - address: where an email opts out, if one does.
    public init(url: String, address: EmailAddress? = nil) throws(EmailMessageError) {
        let isSecure = url.utf8.span.has("https://", at: 0)
        guard isSecure || url.utf8.span.has("http://", at: 0), url.utf8.count <= 900 else {
            throw .invalidUnsubscribeURL(url)
        }
        let span = url.utf8.span
        for index in span.indices {
            let byte = span[index]
            guard byte > 0x20, byte < 0x7f, byte != 0x22, byte != 0x3c, byte != 0x3e else {
                throw .invalidUnsubscribeURL(url)
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + span.count)
        bytes.append("List-Unsubscribe: <")
        bytes.append(span)
        bytes.append(0x3e)
        if let address {
            guard address.localPart.utf8.allSatisfy(ASCIISet.extendedParameter.contains) else {
                throw .invalidUnsubscribeAddress(address.description)
            }
            bytes.append(",\r\n <mailto:")
            address.appendPath(to: &bytes)
            bytes.append("?subject=unsubscribe>")
        }
        bytes.append("\r\n")
        if isSecure { bytes.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n") }
        self.bytes = bytes
    }
}
