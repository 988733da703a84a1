extension [UInt8] {
    /// Appends two upper-case digits.
    @inline(__always)
    mutating func append(hexadecimal byte: UInt8) {
        append(byte.highHexadecimalDigit)
        append(byte.lowHexadecimalDigit)
    }

    /// Appends sixteen upper-case digits.
    mutating func append(hexadecimal word: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            append(hexadecimal: UInt8(truncatingIfNeeded: word >> shift))
        }
    }
}

extension UInt8 {
    @inline(__always)
    var highHexadecimalDigit: UInt8 { (self >> 4).hexadecimalDigit }

    @inline(__always)
    var lowHexadecimalDigit: UInt8 { (self & 15).hexadecimalDigit }

    @inline(__always)
    private var hexadecimalDigit: UInt8 { self < 10 ? 0x30 + self : 0x37 + self }
}
