import CIDN2

/// Reads what stands behind the `@`.
enum DomainName {
    /// The longest text worth asking libidn2 about: a domain has at most 253 ASCII characters, and a label that is
    /// not ASCII has at most 59 characters of four bytes.
    private static let maximumInput = 1_100

    /// The domain as given, and as A-labels in lower case without a dot at the end.
    ///
    /// A domain in ASCII is checked and never handed to libidn2; labels that begin with `xn--` pass as they are.
    static func parse(_ bytes: Span<UInt8>) throws(AddressError) -> (given: String, ascii: String) {
        guard bytes.count > 0 else { throw .emptyDomain }
        guard bytes[0] != 0x5b else { throw .addressLiteral }
        var hasUpper = false
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte &- 0x61 < 26 || byte == 0x2e || byte == 0x2d || byte.isASCIIDigit { continue }
            if byte &- 0x41 < 26 {
                hasUpper = true
            } else if byte >= 0x80 {
                return try international(bytes)
            } else {
                throw problem(at: index, of: bytes)
            }
        }
        let given = bytes.text(0..<bytes.count)
        let end = bytes[bytes.count - 1] == 0x2e ? bytes.count - 1 : bytes.count
        try checkLabels(bytes.extracting(0..<end))
        if !hasUpper && end == bytes.count { return (given, given) }
        return (given, lowercased(bytes.extracting(0..<end)))
    }

    private static func lowercased(_ bytes: Span<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for index in 0..<bytes.count { buffer[index] = bytes[index].lowercasedASCII }
            return bytes.count
        }
    }

    /// Checks labels that are known to consist of letters, digits and hyphens.
    private static func checkLabels(_ bytes: Span<UInt8>) throws(AddressError) {
        guard bytes.count > 0 else { throw .emptyLabel }
        var start = 0
        var dots = 0
        var digitsOnly = true
        for index in 0...bytes.count {
            if index < bytes.count, bytes[index] != 0x2e {
                if !bytes[index].isASCIIDigit { digitsOnly = false }
                continue
            }
            let length = index - start
            guard length > 0 else { throw .emptyLabel }
            guard length <= 63 else { throw .labelTooLong(bytes.text(start..<index)) }
            guard bytes[start] != 0x2d, bytes[index - 1] != 0x2d else {
                throw .hyphenAtEdge(bytes.text(start..<index))
            }
            if index < bytes.count {
                dots += 1
                start = index + 1
                digitsOnly = true
            }
        }
        if digitsOnly { throw .numericDomain(bytes.text(0..<bytes.count)) }
        if dots == 0 {
            let domain = lowercased(bytes)
            guard domain == "localhost" else { throw .singleLabel(bytes.text(0..<bytes.count)) }
        }
    }

    /// IDNA 2008 with the mapping of UTS 46, non-transitional: `ß` stays itself.
    private static func international(_ bytes: Span<UInt8>) throws(AddressError) -> (given: String, ascii: String) {
        guard bytes.isUTF8 else { throw .notUTF8 }
        for index in 0..<bytes.count {
            let byte = bytes[index]
            guard ASCIISet.hostname.contains(byte) || byte == 0x2e || byte >= 0x80 else {
                throw problem(at: index, of: bytes)
            }
        }
        let given = bytes.text(0..<bytes.count)
        for scalar in given.unicodeScalars where scalar.isHidden && scalar != "\u{AD}" {
            throw scalar.breaksHeaders ? .controlCharacter(scalar) : .hiddenCharacter(scalar)
        }
        guard bytes.count <= maximumInput else { throw .addressTooLong(bytes.count) }
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        var output: UnsafeMutablePointer<CChar>?
        let status = given.withCString { idn2_to_ascii_8z($0, &output, flags) }
        defer { idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output else {
            throw .internationalDomain(given, String(cString: idn2_strerror(status)))
        }
        let ascii = String(cString: output)
        let span = ascii.utf8.span
        for index in 0..<span.count where !ASCIISet.hostname.contains(span[index]) && span[index] != 0x2e {
            throw .internationalDomain(given, "its ASCII form holds \(String(Unicode.Scalar(span[index])).shown)")
        }
        let end = span.count > 0 && span[span.count - 1] == 0x2e ? span.count - 1 : span.count
        let name = span.extracting(0..<end)
        try checkLabels(name)
        return (given, lowercased(name))
    }

    /// What a byte that cannot stand at this place of the domain most likely means.
    private static func problem(at index: Int, of bytes: Span<UInt8>) -> AddressError {
        let byte = bytes[index]
        let hasAt = bytes.firstIndex(of: 0x40, from: index) != nil
        if byte < 0x20 || byte == 0x7f, byte != 0x09 { return .controlCharacter(Unicode.Scalar(byte)) }
        switch byte {
        case 0x40: return .severalAt
        case 0x2c, 0x3b, 0x20, 0x09:
            return hasAt ? .severalAddresses : .textAfterAddress(bytes.text(index..<bytes.count))
        case 0x28, 0x29: return .comment
        case 0x3c, 0x3e: return .nameInAddress
        default: return .domainCharacter(Unicode.Scalar(byte))
        }
    }
}
