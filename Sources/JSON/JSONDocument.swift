/// A parsed text: a copy of its bytes, the tape of its values, and the texts of those strings that have escapes.
///
/// Unchecked because of the pointers alone: the memory is written before `init` returns, never after, and freed with the
/// document.
public final class JSONDocument: @unchecked Sendable {
    package let tape: JSONTape
    let byteCount: Int
    private let source: UnsafeMutablePointer<UInt8>
    private let nodes: UnsafeMutablePointer<JSONNode>
    private let unescaped: UnsafeMutablePointer<UInt8>?

    /// Reads exactly one value with nothing but blanks around it (RFC 8259), in UTF-8. Names that stand twice in an
    /// object are an error.
    public init(copying bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            let message = "the text has \(bytes.count) bytes; at most \(limits.bytes) are allowed"
            throw JSONError(message: message, line: 1, column: 1, offset: 0)
        }
        let source = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + JSONParser.padding)
        if let base = bytes.baseAddress {
            UnsafeMutableRawPointer(source).copyMemory(from: base, byteCount: bytes.count)
        }
        (source + bytes.count).initialize(repeating: 0, count: JSONParser.padding)
        var parser = JSONParser(source: source, byteCount: bytes.count, depthLimit: limits.depth)
        do {
            try parser.parse()
        } catch {
            parser.nodes.deallocate()
            parser.unescaped?.deallocate()
            source.deallocate()
            throw error.error(in: bytes, depth: limits.depth)
        }
        self.source = source
        nodes = parser.nodes
        unescaped = parser.unescaped
        byteCount = bytes.count
        tape = JSONTape(source: source, nodes: parser.nodes, unescaped: parser.unescaped ?? source)
    }

    deinit {
        nodes.deallocate()
        unescaped?.deallocate()
        source.deallocate()
    }

    public var root: JSONValue {
        JSONValue(document: self, index: 0)
    }
}
