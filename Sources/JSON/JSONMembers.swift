/// The members of an object, in the order in which they are written.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    /// A name is a string value, so that it has a place and is only converted when asked for.
    public typealias Element = (name: JSONValue, value: JSONValue)

    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(of value: JSONValue) {
        document = value.document
        index = value.index + 1
        end = value.kind == .object ? value.tape.next(value.index) : index
    }

    public mutating func next() -> Element? {
        guard index < end else { return nil }
        let name = JSONValue(document: document, index: index)
        let value = JSONValue(document: document, index: index + 1)
        index = document.tape.next(index + 1)
        return (name, value)
    }
}
