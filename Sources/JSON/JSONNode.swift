/// One entry of the tape: a value, or the name of a member, which stands right before its value. The entries of an array
/// or object follow it, in the order in which they are written.
@usableFromInline
struct JSONNode {
    @usableFromInline
    enum Tag {
        @usableFromInline static let null: UInt32 = 0
        @usableFromInline static let `false`: UInt32 = 1
        @usableFromInline static let `true`: UInt32 = 2
        @usableFromInline static let number: UInt32 = 3
        @usableFromInline static let string: UInt32 = 4
        /// A string whose text differs from the source and stands among the unescaped bytes.
        @usableFromInline static let escapedString: UInt32 = 5
        @usableFromInline static let array: UInt32 = 6
        @usableFromInline static let object: UInt32 = 7
    }

    /// Where the value begins in the source.
    @usableFromInline var start: UInt32
    /// Its bytes in the source, quotes and brackets included. While an object is still open: a set of 32 bits, one for
    /// each signature that its names have so far.
    @usableFromInline var length: UInt32
    /// Arrays and objects: the index after the last entry inside; while still open: the index of the array or object
    /// around. Escaped strings: where the text begins among the unescaped bytes.
    @usableFromInline var link: UInt32
    /// The tag in the low 3 bits; above it the number of elements or members, or the length of an unescaped text.
    @usableFromInline var tagAndCount: UInt32

    @usableFromInline
    init(_ tag: UInt32, start: Int, length: Int = 0, link: UInt32 = 0, count: Int = 0) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.length = UInt32(truncatingIfNeeded: length)
        self.link = link
        self.tagAndCount = UInt32(truncatingIfNeeded: count) << 3 | tag
    }

    @inlinable var tag: UInt32 { tagAndCount & 7 }
    @inlinable var count: Int { Int(tagAndCount >> 3) }
}
