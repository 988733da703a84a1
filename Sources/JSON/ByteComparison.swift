/// Whether two texts have the same bytes. Made for short ones: eight bytes at a time, the last eight overlapping.
@inlinable
package func bytesAreEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    let count = one.count
    guard count == other.count else { return false }
    guard count > 0, let one = one.baseAddress, let other = other.baseAddress else { return true }
    if count >= 8 {
        var offset = 0
        while offset + 8 < count {
            if word(one + offset, as: UInt64.self) != word(other + offset, as: UInt64.self) { return false }
            offset += 8
        }
        return word(one + (count - 8), as: UInt64.self) == word(other + (count - 8), as: UInt64.self)
    }
    if count >= 4 {
        return word(one, as: UInt32.self) == word(other, as: UInt32.self)
            && word(one + (count - 4), as: UInt32.self) == word(other + (count - 4), as: UInt32.self)
    }
    for offset in 0..<count where word(one + offset, as: UInt8.self) != word(other + offset, as: UInt8.self) {
        return false
    }
    return true
}

@inlinable
func word<Word: FixedWidthInteger & BitwiseCopyable>(_ pointer: UnsafeRawPointer, as: Word.Type) -> Word {
    pointer.loadUnaligned(as: Word.self)
}
