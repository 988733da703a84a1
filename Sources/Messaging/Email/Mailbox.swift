/// A person or office that mail comes from or goes to: an address, and perhaps a name.
public struct Mailbox: Sendable, Hashable {
    /// The name as a reader sees it: no control characters, single spaces between words; never empty.
    public let name: String?
    public let address: EmailAddress

    /// Bytes of UTF-8.
    static let maximumNameLength = 256

    public init(_ address: EmailAddress) {
        self.name = nil
        self.address = address
    }

    /// Spaces around the name are dropped, and those inside made single; a name of nothing else is no name.
    public init(name: String, address: EmailAddress) throws(AddressError) {
        self.name = try Self.checked(name)
        self.address = address
    }

    private static func checked(_ given: String) throws(AddressError) -> String? {
        let name = given.utf8.span.hasLooseSpaces ? given.split(separator: " ").joined(separator: " ") : given
        guard name.utf8.count <= maximumNameLength else { throw .nameTooLong(name.utf8.count) }
        if name.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) {
            for scalar in name.unicodeScalars where scalar.breaksHeaders {
                throw .controlCharacter(scalar)
            }
        }
        return name.isEmpty ? nil : name
    }
}

extension Mailbox {
    /// Reads `ada@example.com`, `<ada@example.com>`, `Ada Lovelace <ada@example.com>` or
    /// `"Lovelace, Ada" <ada@example.com>`. A name without quotes may hold anything but quotes, brackets, parentheses
    /// and `@`.
    public init(parsing text: String) throws(AddressError) {
        try self.init(parsing: text.utf8.span)
    }

    /// Reads a mailbox from bytes of UTF-8.
    public init(parsing bytes: Span<UInt8>) throws(AddressError) {
        guard let open = try Self.bracket(in: bytes) else {
            self.init(try EmailAddress(parsing: bytes))
            return
        }
        guard let close = bytes.firstIndex(of: 0x3e, from: open) else { throw .unterminatedBracket }
        let rest = bytes.extracting((close + 1)...)
        for index in 0..<rest.count where rest[index] != 0x20 && rest[index] != 0x09 {
            throw rest.firstIndex(of: 0x40) == nil
                ? .textAfterAddress(rest.text(0..<rest.count)) : .severalAddresses
        }
        let name = try Self.name(bytes.extracting(0..<open))
        let address = try EmailAddress(parsing: bytes.extracting((open + 1)..<close))
        try self.init(name: name, address: address)
    }

    /// The index of the `<` outside quotes; `nil` where there is none.
    private static func bracket(in bytes: Span<UInt8>) throws(AddressError) -> Int? {
        var index = 0
        var quoted = false
        while index < bytes.count {
            switch bytes[index] {
            case 0x5c where quoted: index += 1
            case 0x22: quoted.toggle()
            case 0x3c where !quoted: return index
            default: break
            }
            index += 1
        }
        if quoted { throw .unterminatedQuote }
        return nil
    }

    /// The name that stands before the `<`: quoted strings lose their quotes and escapes.
    private static func name(_ bytes: Span<UInt8>) throws(AddressError) -> String {
        guard bytes.isUTF8 else { throw .notUTF8 }
        var isPlain = true
        for index in 0..<bytes.count where !ASCIISet.encodedWord.contains(bytes[index]) {
            isPlain = isPlain && (bytes[index] == 0x20 || bytes[index] >= 0x80)
        }
        if isPlain {
            let end = bytes.count > 0 && bytes[bytes.count - 1] == 0x20 ? bytes.count - 1 : bytes.count
            return bytes.text(0..<end)
        }
        var name: [UInt8] = []
        name.reserveCapacity(bytes.count)
        var index = 0
        var quoted = false
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x5c where quoted && index + 1 < bytes.count:
                index += 1
                name.append(bytes[index])
            case 0x22: quoted.toggle()
            case 0x09: name.append(0x20)
            case 0x28 where !quoted, 0x29 where !quoted: throw .comment
            case 0x40 where !quoted: throw .unquotedAtInName
            case 0x3e where !quoted: throw .unterminatedBracket
            case 0x3d where !quoted && bytes.has("=?", at: index): throw .encodedName
            default: name.append(byte)
            }
            index += 1
        }
        return String(decoding: name, as: UTF8.self)
    }
}

extension Mailbox: CustomStringConvertible {
    /// `Ada Lovelace <ada@example.com>`, for people; not a header.
    public var description: String {
        name.map { "\($0) <\(address)>" } ?? address.description
    }
}

extension Span<UInt8> {
    /// Whether there is a space at an end or next to another, or nothing at all.
    fileprivate var hasLooseSpaces: Bool {
        var afterSpace = true
        for index in 0..<count {
            let isSpace = self[index] == 0x20
            if isSpace && afterSpace { return true }
            afterSpace = isSpace
        }
        return afterSpace
    }
}
