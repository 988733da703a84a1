/// A document's entries, read through pointers without touching a reference count. Whoever holds a tape must hold its
/// document too: a value is an index into the tape, and the root is 0.
///
/// Unchecked because of the pointers alone: what they point to is never written once the document exists.
package struct JSONTape: @unchecked Sendable {
    @usableFromInline let source: UnsafePointer<UInt8>
    @usableFromInline let nodes: UnsafePointer<JSONNode>
    @usableFromInline let unescaped: UnsafePointer<UInt8>

    init(source: UnsafePointer<UInt8>, nodes: UnsafePointer<JSONNode>, unescaped: UnsafePointer<UInt8>) {
        self.source = source
        self.nodes = nodes
        self.unescaped = unescaped
    }

    @inlinable
    package func kind(_ index: Int) -> JSONKind {
        switch nodes[index].tag {
        case JSONNode.Tag.null: .null
        case JSONNode.Tag.false, JSONNode.Tag.true: .bool
        case JSONNode.Tag.number: .number
        case JSONNode.Tag.array: .array
        case JSONNode.Tag.object: .object
        default: .string
        }
    }

    @inlinable
    package func isTrue(_ index: Int) -> Bool {
        nodes[index].tag == JSONNode.Tag.true
    }

    /// The index after a value and all that is inside it.
    @inlinable
    package func next(_ index: Int) -> Int {
        let node = nodes[index]
        return node.tag >= JSONNode.Tag.array ? Int(node.link) : index + 1
    }

    /// How many elements or members; 0 for everything else.
    @inlinable
    package func count(_ index: Int) -> Int {
        let node = nodes[index]
        return node.tag >= JSONNode.Tag.array ? node.count : 0
    }

    /// A string's text, without quotes and escapes; of anything else the bytes as written.
    @inlinable
    package func text(_ index: Int) -> UnsafeRawBufferPointer {
        let node = nodes[index]
        switch node.tag {
        case JSONNode.Tag.string:
            return UnsafeRawBufferPointer(start: source + Int(node.start) + 1, count: Int(node.length) - 2)
        case JSONNode.Tag.escapedString:
            return UnsafeRawBufferPointer(start: unescaped + Int(node.link), count: node.count)
        default:
            return raw(index)
        }
    }

    /// The bytes as written.
    @inlinable
    package func raw(_ index: Int) -> UnsafeRawBufferPointer {
        let node = nodes[index]
        return UnsafeRawBufferPointer(start: source + Int(node.start), count: Int(node.length))
    }

    /// The index of the member's value, or -1 where `index` is no object or has no such member.
    @inlinable
    package func member(_ index: Int, named name: UnsafeRawBufferPointer) -> Int {
        let object = nodes[index]
        guard object.tag == JSONNode.Tag.object else { return -1 }
        let end = Int(object.link)
        var current = index + 1
        while current < end {
            let candidate = text(current)
            if bytesAreEqual(candidate, name) { return current + 1 }
            current = next(current + 1)
        }
        return -1
    }
}
