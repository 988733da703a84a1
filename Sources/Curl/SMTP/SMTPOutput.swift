import Glibc

/// The bytes of a session that have not left yet, in memory that neither moves nor grows: TLS wants a send that did not
/// go through to be repeated with the same pointer and length.
struct SMTPOutput: ~Copyable {
    static let capacity = 65_536
    /// Kept free of body bytes, so that commands always find room.
    static let reserve = 4096

    private let memory: UnsafeMutableRawPointer
    private var end = 0
    private var start = 0
    private var origin: UInt64 = 0
    private var offered: UInt64 = 0

    init() {
        memory = UnsafeMutableRawPointer.allocate(byteCount: Self.capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    var isEmpty: Bool { start == end }
    /// How many bytes wait to be sent.
    var count: Int { end - start }
    /// What can still be appended before the waiting bytes are sent.
    var room: Int { Self.capacity - end }
    /// The place in the session's whole output where the next byte will stand.
    var position: UInt64 { origin + UInt64(end) }
    /// Every byte before this place has left, or may have.
    var released: UInt64 { max(offered, origin + UInt64(start)) }
    /// Valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory + start, count: end - start) }

    /// The socket took so many bytes.
    mutating func remove(_ count: Int) {
        start += min(count, end - start)
        guard start == end else { return }
        origin += UInt64(end)
        start = 0
        end = 0
    }

    /// All waiting bytes were handed to TLS, which may have sent a part of them.
    mutating func markOffered() {
        offered = position
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= room, "the dialogue writes only what fits")
        guard let source = bytes.baseAddress else { return }
        memcpy(memory + end, source, bytes.count)
        end += bytes.count
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    mutating func append(decimal value: Int) {
        append(String(value))
    }

    /// Copies `body` from `offset` on as far as there is room, with a dot put before each dot that starts a line.
    /// A lone CR or LF counts as a line's end too: no server, however lenient, may see an end that is not there.
    mutating func appendStuffed(_ body: UnsafeRawBufferPointer, from offset: inout Int) {
        guard let source = body.baseAddress else { return }
        while offset < body.count {
            let room = self.room - Self.reserve
            guard room >= 2 else { return }
            if body[offset] == 0x2E, offset == 0 || body[offset - 1] == 0x0A || body[offset - 1] == 0x0D {
                memory.storeBytes(of: 0x2E2E, toByteOffset: end, as: UInt16.self)
                end += 2
                offset += 1
                continue
            }
            let limit = min(body.count, offset + room)
            var stop = limit
            var search = offset + 1
            while search < limit, let dot = memchr(source + search, 0x2E, limit - search) {
                let index = UnsafeRawPointer(dot) - source
                if body[index - 1] == 0x0A || body[index - 1] == 0x0D {
                    stop = index
                    break
                }
                search = index + 1
            }
            memcpy(memory + end, source + offset, stop - offset)
            end += stop - offset
            offset = stop
        }
    }
}
