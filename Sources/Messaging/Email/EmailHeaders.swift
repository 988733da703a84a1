/// What is the same in all messages of a brand, encoded once.
public struct EmailHeaders: Sendable, Hashable {
    public let from: Mailbox

    /// Whether one of the addresses in the headers is not ASCII before its `@`.
    public let needsSMTPUTF8: Bool

    /// `From`, `Reply-To`, the custom headers, `Auto-Submitted` (RFC 3834, 5), `MIME-Version`.
    let bytes: [UInt8]

    public init(
        from: Mailbox,
        replyTo: Mailbox? = nil,
        custom: [HeaderField] = []
    ) throws(EmailMessageError) {
        try Self.checkUnique(custom)
        var bytes: [UInt8] = []
        bytes.append("From:")
        HeaderValue.appendMailbox(from, column: 5, to: &bytes)
        if let replyTo {
            bytes.append("Reply-To:")
            HeaderValue.appendMailbox(replyTo, column: 9, to: &bytes)
        }
        for field in custom { bytes.append(field.bytes.span) }
        bytes.append("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n")
        self.from = from
        self.needsSMTPUTF8 = from.address.needsSMTPUTF8 || (replyTo?.address.needsSMTPUTF8 ?? false)
        self.bytes = bytes
    }

    static func checkUnique(_ fields: [HeaderField]) throws(EmailMessageError) {
        guard fields.count > 1 else { return }
        var names: Set<String> = []
        for field in fields where !names.insert(field.name.lowercased()).inserted {
            throw .duplicateHeader(field.name)
        }
    }
}
