/// Eight bytes looked at together. Answers mark a byte by its highest bit; the lowest mark is exact, while those above
/// it may be set in error.
extension UInt64 {
    /// Marks the bytes that are below 32 or above 126.
    @inline(__always)
    var unprintableBytes: UInt64 {
        let low = (self &- 0x2020_2020_2020_2020) & ~self
        return (self | low) & 0x8080_8080_8080_8080 | bytes(equalTo: 0x7f)
    }

    /// Marks the bytes that are `byte`.
    @inline(__always)
    func bytes(equalTo byte: UInt8) -> UInt64 {
        let difference = self ^ UInt64(byte) &* 0x0101_0101_0101_0101
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// How many bytes lie below the lowest mark.
    @inline(__always)
    var bytesBelowMark: Int { trailingZeroBitCount >> 3 }
}
