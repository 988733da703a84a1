/// The elements of an array.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(of value: JSONValue) {
        document = value.document
        index = value.index + 1
        end = value.kind == .array ? value.tape.next(value.index) : index
    }

    public mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        defer { index = document.tape.next(index) }
        return JSONValue(document: document, index: index)
    }
}
