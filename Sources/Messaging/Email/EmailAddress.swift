/// The address of a mailbox: `local-part@domain` (RFC 5321, 4.1.2; RFC 6531 for what is not ASCII).
public struct EmailAddress: Sendable, Hashable {
    /// What stands before the `@`, as given; with its quotes when it has them. At most 64 bytes.
    public let localPart: String

    /// What stands behind the `@`, as given.
    public let domain: String

    /// The domain as DNS knows it: A-labels in lower case, without a dot at the end.
    public let asciiDomain: String

    /// Whether the local part is not ASCII, so that only a server that offers SMTPUTF8 can take the message.
    /// A domain that is not ASCII needs nothing: it goes as A-labels.
    public let needsSMTPUTF8: Bool

    init(localPart: String, domain: String, asciiDomain: String, needsSMTPUTF8: Bool) {
        self.localPart = localPart
        self.domain = domain
        self.asciiDomain = asciiDomain
        self.needsSMTPUTF8 = needsSMTPUTF8
    }

    /// What stands between `<` and `>` on the wire. At most 254 bytes.
    public var smtpPath: String { localPart + "@" + asciiDomain }

    /// Appends ``smtpPath``.
    public func appendPath(to out: inout [UInt8]) {
        out.append(contentsOf: localPart.utf8)
        out.append(0x40)
        out.append(contentsOf: asciiDomain.utf8)
    }

    /// Bytes of ``smtpPath``.
    var pathLength: Int { localPart.utf8.count + 1 + asciiDomain.utf8.count }
}

extension EmailAddress: CustomStringConvertible {
    /// The address as given.
    public var description: String { localPart + "@" + domain }
}
