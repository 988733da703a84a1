import Foundation

extension EmailAddress {
    /// What two spellings of one mailbox have in common; for matching only, mail goes to the address as given.
    ///
    /// The local part is NFC and case-folded and loses quotes that it does not need, the domain is in A-labels. Where
    /// the provider is known to deliver `name+tag` to `name`, the tag goes; Gmail also ignores dots.
    ///
    /// | address | key |
    /// |---|---|
    /// | `Bob@EXAMPLE.com` | `bob@example.com` |
    /// | `B.o.b+inv@googlemail.com` | `bob@gmail.com` |
    /// | `b.ob+x@corp.example` | `b.ob+x@corp.example` |
    /// | `x@bücher.example` | `x@xn--bcher-kva.example` |
    public var key: String {
        var local = localPart
        if local.utf8.first == 0x22 { local = Self.unquoted(local) }
        local = needsSMTPUTF8 ? Self.folded(local) : Self.lowercasedASCII(local)
        guard local.utf8.first != 0x22, let provider = MailProvider.known[asciiDomain] else {
            return local + "@" + asciiDomain
        }
        return provider.base(of: local) + "@" + (provider.domain ?? asciiDomain)
    }

    /// Canonical caseless form (Unicode 3.13, D145), in NFC.
    ///
    /// Folding is lower case of upper case, which is what Unicode's full folding gives but for two letters: the dotless
    /// i folds to itself, the capital sharp s to what the small one folds to.
    private static func folded(_ text: String) -> String {
        var folded = ""
        for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
            if scalar == "\u{131}" || scalar == "\u{1E9E}" {
                folded += scalar == "\u{131}" ? "\u{131}" : "ss"
                continue
            }
            for upper in scalar.properties.uppercaseMapping.unicodeScalars {
                folded += upper.properties.lowercaseMapping
            }
        }
        return folded.precomposedStringWithCanonicalMapping
    }

    private static func lowercasedASCII(_ text: String) -> String {
        let bytes = text.utf8
        guard bytes.contains(where: { $0 &- 0x41 < 26 }) else { return text }
        return String(unsafeUninitializedCapacity: bytes.count) { buffer in
            var count = 0
            for byte in bytes {
                buffer[count] = byte.lowercasedASCII
                count += 1
            }
            return count
        }
    }

    /// The content of a quoted string where that is a dot-atom; else the quoted string with no escape that it does
    /// not need.
    private static func unquoted(_ text: String) -> String {
        var content: [UInt8] = []
        var escaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            if byte == 0x5c && !escaped {
                escaped = true
            } else {
                content.append(byte)
                escaped = false
            }
        }
        var isDotAtom = true
        var afterDot = true
        for byte in content {
            if byte == 0x2e {
                if afterDot { isDotAtom = false }
                afterDot = true
            } else {
                if !ASCIISet.atom.contains(byte) && byte < 0x80 { isDotAtom = false }
                afterDot = false
            }
        }
        if isDotAtom && !afterDot { return String(decoding: content, as: UTF8.self) }
        var quoted: [UInt8] = [0x22]
        for byte in content {
            if byte == 0x22 || byte == 0x5c { quoted.append(0x5c) }
            quoted.append(byte)
        }
        quoted.append(0x22)
        return String(decoding: quoted, as: UTF8.self)
    }
}
