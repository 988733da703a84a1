extension EmailAddress {
    /// Reads one address; spaces and tabs around it are dropped.
    ///
    /// Accepted are dot-atoms, quoted strings and UTF-8 before the `@`; and host names of at least two labels, in
    /// ASCII or not, or `localhost`, behind it. Refused are names, comments, IP literals and lists.
    public init(parsing text: String) throws(AddressError) {
        try self.init(parsing: text.utf8.span)
    }

    /// Reads one address from bytes of UTF-8.
    public init(parsing bytes: Span<UInt8>) throws(AddressError) {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        guard start < end else { throw .empty }
        self = try Self.parse(bytes.extracting(start..<end))
    }

    private static let maximumLength = 254
    private static let maximumLocalPartLength = 64

    private static func parse(_ bytes: Span<UInt8>) throws(AddressError) -> EmailAddress {
        let at: Int
        if bytes[0] == 0x22 {
            at = try endOfQuotedLocalPart(bytes)
        } else {
            at = try endOfDotAtom(bytes)
        }
        guard at > 0 else { throw .emptyLocalPart }
        guard at <= maximumLocalPartLength else { throw .localPartTooLong(at) }
        let localPart = bytes.text(0..<at)
        let needsSMTPUTF8 = try checkInternational(bytes.extracting(0..<at))
        let host = bytes.extracting((at + 1)...)
        let (domain, asciiDomain) = try DomainName.parse(host)
        let length = at + 1 + asciiDomain.utf8.count
        guard length <= maximumLength else { throw .addressTooLong(length) }
        return EmailAddress(
            localPart: localPart,
            domain: domain,
            asciiDomain: asciiDomain,
            needsSMTPUTF8: needsSMTPUTF8
        )
    }

    /// The index of the `@` behind a dot-atom. Bytes above 127 pass here.
    private static func endOfDotAtom(_ bytes: Span<UInt8>) throws(AddressError) -> Int {
        var index = 0
        var afterDot = true
        while index < bytes.count {
            let byte = bytes[index]
            if ASCIISet.atom.contains(byte) || byte >= 0x80 {
                afterDot = false
            } else if byte == 0x40 {
                if afterDot && index > 0 { throw .misplacedDot }
                return index
            } else if byte == 0x2e {
                if afterDot { throw bytes[0] == 0x40 ? .emptyLocalPart : .misplacedDot }
                afterDot = true
            } else {
                throw problem(at: index, of: bytes)
            }
            index += 1
        }
        throw bytes.isUTF8 ? .missingAt : .notUTF8
    }

    /// The index of the `@` behind a quoted string that begins the bytes.
    private static func endOfQuotedLocalPart(_ bytes: Span<UInt8>) throws(AddressError) -> Int {
        var index = 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x7f { throw .controlCharacter(Unicode.Scalar(byte)) }
            if byte == 0x5c {
                index += 2
                continue
            }
            if byte == 0x22 {
                guard index + 1 < bytes.count else { throw .missingAt }
                guard bytes[index + 1] == 0x40 else { throw problem(at: index + 1, of: bytes) }
                return index + 1
            }
            index += 1
        }
        throw .unterminatedQuote
    }

    /// Whether the local part holds anything but ASCII; what it holds must be UTF-8 that can be seen.
    private static func checkInternational(_ bytes: Span<UInt8>) throws(AddressError) -> Bool {
        var isASCII = true
        for index in 0..<bytes.count where bytes[index] >= 0x80 {
            isASCII = false
        }
        if isASCII { return false }
        guard bytes.isUTF8 else { throw .notUTF8 }
        for scalar in bytes.text(0..<bytes.count).unicodeScalars where scalar.isHidden && scalar != " " {
            throw scalar.breaksHeaders ? .controlCharacter(scalar) : .hiddenCharacter(scalar)
        }
        return true
    }

    /// What a byte that cannot stand at this place of the local part most likely means.
    private static func problem(at index: Int, of bytes: Span<UInt8>) -> AddressError {
        let byte = bytes[index]
        let hasAt = bytes.firstIndex(of: 0x40) != nil
        if byte < 0x20 || byte == 0x7f { return .controlCharacter(Unicode.Scalar(byte)) }
        switch byte {
        case 0x28, 0x29: return .comment
        case 0x3c, 0x3e: return .nameInAddress
        case 0x2c, 0x3b: return hasAt ? .severalAddresses : .missingAt
        default: return hasAt ? .unquotedCharacter(Unicode.Scalar(byte)) : .missingAt
        }
    }
}
