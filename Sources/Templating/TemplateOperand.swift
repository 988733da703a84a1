import JSON

/// What a name resolved to. Nothing here counts references: the context outlives the rendering.
enum TemplateOperand {
    case json(JSONTape, Int)
    /// UTF-8.
    case text(UnsafeRawBufferPointer)
    /// The dotted name broke at this part, counted from 0: it is not there, or null with parts to follow.
    case absent(part: Int)

    /// Whether a section has nothing to show: for an absent name, `false`, `null`, an empty list and an empty text.
    var isEmpty: Bool {
        switch self {
        case .absent: return true
        case .text(let text): return text.isEmpty
        case .json(let tape, let index):
            switch tape.kind(index) {
            case .null: return true
            case .bool: return !tape.isTrue(index)
            case .string: return tape.text(index).isEmpty
            case .array: return tape.count(index) == 0
            case .number, .object: return false
            }
        }
    }

    /// What an interpolation shows, which is nothing where an optional name is absent or null.
    @inline(__always)
    func interpolation(of path: TemplatePath) throws(TemplateFault.Reason) -> UnsafeRawBufferPointer {
        switch self {
        case .text(let text): return text
        case .json(let tape, let index):
            switch tape.kind(index) {
            case .string, .number, .bool: return tape.text(index)
            case .object: throw .object
            case .array: throw .list
            case .null: if path.optionalParts < path.partCount || path.partCount == 0 { throw .null }
            }
        case .absent(let part): if part >= Int(path.optionalParts) { throw .unknownVariable }
        }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
}
