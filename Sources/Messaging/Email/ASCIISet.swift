/// A set of ASCII characters: bit *n* of the 128 stands for the character *n*.
struct ASCIISet: Sendable {
    let low: UInt64
    let high: UInt64

    /// Letters, digits, and ``!#$%&'*+-/=?^_`{|}~`` (RFC 5322, 3.2.3).
    static let atom = ASCIISet(low: 0xa3ff_acfa_0000_0000, high: 0x7fff_ffff_c7ff_fffe)

    /// What stands for itself in a Q encoded-word of a display name: letters, digits, and `!*+-/` (RFC 2047, 5 (3)).
    static let encodedWord = ASCIISet(low: 0x03ff_ac02_0000_0000, high: 0x07ff_fffe_07ff_fffe)

    /// The characters of a MIME token (RFC 2045, 5.1).
    static let token = ASCIISet(low: 0x03ff_6cfa_0000_0000, high: 0x7fff_ffff_c7ff_fffe)

    /// What stands for itself in an extended parameter value (RFC 2231, 7): a token without `*`, `'` and `%`.
    static let extendedParameter = ASCIISet(low: 0x03ff_685a_0000_0000, high: 0x7fff_ffff_c7ff_fffe)

    /// Letters, digits and the hyphen.
    static let hostname = ASCIISet(low: 0x03ff_2000_0000_0000, high: 0x07ff_fffe_07ff_fffe)

    /// Space to tilde.
    static let printable = ASCIISet(low: 0xffff_ffff_0000_0000, high: 0x7fff_ffff_ffff_ffff)

    /// The characters of a header's name: printable, no space, no colon (RFC 5322, 2.2).
    static let headerName = ASCIISet(low: 0xfbff_fffe_0000_0000, high: 0x7fff_ffff_ffff_ffff)

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        switch byte >> 6 {
        case 0: low &>> UInt64(byte) & 1 == 1
        case 1: high &>> UInt64(byte & 63) & 1 == 1
        default: false
        }
    }
}

extension UInt8 {
    @inline(__always)
    var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }

    @inline(__always)
    var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// `A` to `Z` become `a` to `z`; every other byte stays.
    @inline(__always)
    var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}

extension Span<UInt8> {
    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    var isUTF8: Bool { (try? UTF8Span(validating: self)) != nil }

    /// Whether the bytes from `offset` on begin with `prefix`.
    func has(_ prefix: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, offset + prefix.utf8CodeUnitCount <= count else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where self[offset + index] != prefix.utf8Start[index] {
            return false
        }
        return true
    }

    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
