extension JSONValue {
    /// Where the value begins in its text. Takes time in proportion to what stands before it.
    public var position: TextPosition {
        withExtendedLifetime(document) {
            let source = UnsafeRawBufferPointer(start: tape.source, count: document.byteCount)
            return TextPosition(of: offset, in: source)
        }
    }

    /// From 1.
    public var line: Int {
        position.line
    }

    /// In characters (Unicode scalars), from 1.
    public var column: Int {
        position.column
    }

    /// In bytes, from 0.
    public var offset: Int {
        withExtendedLifetime(document) { Int(tape.nodes[index].start) }
    }

    /// The path from the root (RFC 6901): `/vars/items/0`; empty for the root. The name of a member has the path of the
    /// member.
    public var pointer: String {
        var path = ""
        var current = document.root
        descent: while current.index < index {
            for (name, value) in current.members where index < tape.next(value.index) {
                path += "/" + escaped(name)
                current = value
                continue descent
            }
            for (position, element) in current.elements.enumerated() where index < tape.next(element.index) {
                path += "/\(position)"
                current = element
                continue descent
            }
            break
        }
        return path
    }

    private func escaped(_ name: JSONValue) -> String {
        var result = ""
        for character in (name.string ?? "").unicodeScalars {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
