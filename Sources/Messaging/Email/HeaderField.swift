/// A custom header, checked and encoded when it is made, so that it costs a message nothing but its bytes.
public struct HeaderField: Sendable, Hashable {
    public let name: String

    /// The whole field, folded, with its line end.
    let bytes: [UInt8]

    /// - Parameters:
    ///   - name: printable ASCII without a colon, at most 64 characters; not one that the dispatcher or a mail server
    ///     writes: see ``isReserved(_:)``.
    ///   - value: one line; spaces at its ends are dropped. ASCII where the name stands for identifiers or addresses
    ///     (`References`, `List-Help`, ...).
    public init(name: String, value: String) throws(EmailMessageError) {
        let nameBytes = name.utf8.span
        guard (1...64).contains(nameBytes.count) else { throw .invalidHeaderName(name) }
        for index in 0..<nameBytes.count where !ASCIISet.headerName.contains(nameBytes[index]) {
            throw .invalidHeaderName(name)
        }
        guard !Self.isReserved(name) else { throw .reservedHeader(name) }
        try HeaderValue.check(value.utf8.span, place: "The header \(name.shown)")
        guard let first = value.firstIndex(where: { $0 != " " }), let last = value.lastIndex(where: { $0 != " " })
        else { throw .emptyHeader(name) }
        let value = String(value[first...last])

        var bytes = Array(name.utf8)
        bytes.append(0x3a)
        let column = bytes.count
        let isASCII = value.utf8.allSatisfy { $0 < 0x80 }
        if Self.isStructured(name) || (isASCII && !Self.holdsEncodedWord(value.utf8.span)) {
            guard isASCII else { throw .headerNotASCII(name) }
            let fits = HeaderValue.appendStructured(
                value.utf8.span,
                column: column,
                maximumLine: Self.maximumLine,
                to: &bytes
            )
            guard fits else { throw .headerTooLong(name) }
        } else {
            HeaderValue.appendText(value.utf8.span, column: column, to: &bytes)
        }
        self.name = name
        self.bytes = bytes
    }

    /// Within RFC 5322's 998, with room for what a relay may add.
    private static let maximumLine = 970

    /// Names that a custom header may not take, in any case: those that occur once and are written here, those that
    /// describe the content, and those that only mail servers and signers may write.
    public static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return reserved.contains(name) || reservedPrefixes.contains { name.hasPrefix($0) }
    }

    private static let reserved: Set<String> = [
        "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "auto-submitted",
        "list-unsubscribe", "list-unsubscribe-post",
        "return-path", "received", "received-spf", "delivered-to", "x-original-to", "authentication-results",
        "dkim-signature", "domainkey-signature", "bimi-location", "bimi-indicator",
    ]

    private static let reservedPrefixes = ["content-", "mime-", "resent-", "arc-", "dkim-"]

    private static func isStructured(_ name: String) -> Bool {
        let name = name.lowercased()
        return structured.contains(name) || name.hasPrefix("list-")
    }

    private static let structured: Set<String> = [
        "references", "in-reply-to", "precedence", "feedback-id", "disposition-notification-to", "errors-to",
        "return-receipt-to", "require-recipient-valid-since", "expires", "expiry-date", "importance", "priority",
    ]

    /// Whether a parser might take a part of the text for an encoded-word.
    private static func holdsEncodedWord(_ text: Span<UInt8>) -> Bool {
        for index in 0..<text.count where text.has("=?", at: index) { return true }
        return false
    }
}
