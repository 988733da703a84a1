/// Bytes that grow up to a limit, written without an array's checks.
struct ByteSink: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var count = 0
    private var capacity: Int
    private let limit: Int

    init(capacity: Int, limit: Int) {
        self.capacity = max(1, min(capacity, limit))
        self.limit = limit
        base = .allocate(byteCount: self.capacity, alignment: 1)
    }

    deinit {
        base.deallocate()
    }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// - Returns: `false` where the limit leaves no room.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let source = bytes.baseAddress else { return true }
        if bytes.count > capacity - count, !grow(for: bytes.count) { return false }
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
        return true
    }

    /// The same, with what HTML would take for markup replaced.
    mutating func appendEscaped(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            guard byte < 64, Self.markup >> UInt64(byte) & 1 != 0 else { continue }
            guard append(UnsafeRawBufferPointer(rebasing: bytes[start..<index])), append(Self.reference(for: byte))
            else {
                return false
            }
            start = index + 1
        }
        return append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private static let markup: UInt64 = 1 << 0x26 | 1 << 0x3C | 1 << 0x3E | 1 << 0x22 | 1 << 0x27

    private static func reference(for byte: UInt8) -> UnsafeRawBufferPointer {
        let text: StaticString =
            switch byte {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case UInt8(ascii: "\""): "&quot;"
            default: "&#39;"
            }
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    @inline(never)
    private mutating func grow(for more: Int) -> Bool {
        guard more <= limit - count else { return false }
        let larger = min(limit, max(capacity * 2, count + more))
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
        return true
    }
}
