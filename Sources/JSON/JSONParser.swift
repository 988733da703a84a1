/// Reads a text onto a tape in one pass (RFC 8259), without recursion. An array or object that is still open remembers the
/// one around it in its own entry, so that no stack is needed.
///
/// The source ends with `padding` zero bytes: a zero is no part of any valid text, so one comparison finds both flaws
/// and the end, and strings are scanned in steps of eight bytes.
struct JSONParser {
    static let padding = 16
    static let none = UInt32.max

    let source: UnsafePointer<UInt8>
    let end: Int
    let depthLimit: Int
    var at = 0
    var nodes: UnsafeMutablePointer<JSONNode>
    var count = 0
    var capacity: Int
    /// Made at the first escape, as large as the source: a text is never longer without its escapes.
    var unescaped: UnsafeMutablePointer<UInt8>?
    var unescapedCount = 0

    /// - Parameter source: `byteCount` bytes and `padding` zeros.
    init(source: UnsafePointer<UInt8>, byteCount: Int, depthLimit: Int) {
        self.source = source
        self.end = byteCount
        self.depthLimit = depthLimit
        self.capacity = byteCount / 8 + 16
        self.nodes = .allocate(capacity: capacity)
    }

    mutating func parse() throws(JSONFlaw) {
        if source[0] == 0xEF, source[1] == 0xBB, source[2] == 0xBF { throw JSONFlaw(.byteOrderMark, 0) }
        var container = Self.none
        var depth = 0
        var expected = JSONFlaw.Kind.expectedValue
        skipBlanks()
        while true {
            switch source[at] {
            case UInt8(ascii: "\""):
                try string()
            case UInt8(ascii: "{"):
                depth += 1
                if depth > depthLimit { throw JSONFlaw(.tooDeep, at) }
                container = open(JSONNode.Tag.object, in: container)
                if source[at] != UInt8(ascii: "}") {
                    try name(in: container, expected: .expectedNameOrBrace)
                    expected = .expectedValue
                    continue
                }
                container = try close(container)
                depth -= 1
            case UInt8(ascii: "["):
                depth += 1
                if depth > depthLimit { throw JSONFlaw(.tooDeep, at) }
                container = open(JSONNode.Tag.array, in: container)
                if source[at] != UInt8(ascii: "]") {
                    expected = .expectedValue
                    continue
                }
                container = try close(container)
                depth -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try number()
            case UInt8(ascii: "t"):
                try literal("true", JSONNode.Tag.true, expected)
            case UInt8(ascii: "f"):
                try literal("false", JSONNode.Tag.false, expected)
            case UInt8(ascii: "n"):
                try literal("null", JSONNode.Tag.null, expected)
            default:
                throw JSONFlaw(expected, at)
            }

            separator: while true {
                skipBlanks()
                guard container != Self.none else {
                    if at != end { throw JSONFlaw(.expectedEnd, at) }
                    return
                }
                nodes[Int(container)].tagAndCount &+= 1 << 3
                let isObject = nodes[Int(container)].tag == JSONNode.Tag.object
                let byte = source[at]
                if byte == UInt8(ascii: ",") {
                    at += 1
                    skipBlanks()
                    if isObject { try name(in: container, expected: .expectedName) }
                    expected = isObject ? .expectedValue : .expectedValueAfterComma
                    break separator
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONFlaw(isObject ? .expectedCommaOrBrace : .expectedCommaOrBracket, at)
                }
                container = try close(container)
                depth -= 1
            }
        }
    }

    @inline(__always)
    mutating func skipBlanks() {
        while source[at] <= 0x20 {
            let byte = source[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    @inline(__always)
    mutating func append(_ node: JSONNode) {
        if count == capacity { grow() }
        (nodes + count).initialize(to: node)
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: nodes, count: count)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }

    /// - Returns: the index of the new container. The position is then that of what follows the bracket.
    @inline(__always)
    private mutating func open(_ tag: UInt32, in container: UInt32) -> UInt32 {
        let index = UInt32(truncatingIfNeeded: count)
        append(JSONNode(tag, start: at, link: container))
        at += 1
        skipBlanks()
        return index
    }

    /// - Returns: the index of the container around the one that is closed.
    @inline(__always)
    private mutating func close(_ container: UInt32) throws(JSONFlaw) -> UInt32 {
        let index = Int(container)
        at += 1
        let around = nodes[index].link
        nodes[index].length = UInt32(truncatingIfNeeded: at) - nodes[index].start
        nodes[index].link = UInt32(truncatingIfNeeded: count)
        if nodes[index].tag == JSONNode.Tag.object, nodes[index].count > Self.comparedNames {
            try checkManyNames(of: index)
        }
        return around
    }

    private mutating func literal(
        _ text: StaticString,
        _ tag: UInt32,
        _ expected: JSONFlaw.Kind
    ) throws(JSONFlaw) {
        let length = text.utf8CodeUnitCount
        for offset in 0..<length where source[at + offset] != text.utf8Start[offset] {
            throw JSONFlaw(expected, at)
        }
        append(JSONNode(tag, start: at, length: length))
        at += length
    }

    private mutating func number() throws(JSONFlaw) {
        let start = at
        if source[at] == UInt8(ascii: "-") { at += 1 }
        if source[at] == UInt8(ascii: "0") {
            if isDigit(source[at + 1]) { throw JSONFlaw(.leadingZero, start) }
            at += 1
        } else {
            try digits()
        }
        if source[at] == UInt8(ascii: ".") {
            at += 1
            try digits()
        }
        if source[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if source[at] == UInt8(ascii: "+") || source[at] == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        append(JSONNode(JSONNode.Tag.number, start: start, length: at - start))
    }

    @inline(__always)
    private mutating func digits() throws(JSONFlaw) {
        guard isDigit(source[at]) else { throw JSONFlaw(.expectedDigit, at) }
        repeat { at += 1 } while isDigit(source[at])
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
