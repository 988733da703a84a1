/// A value of a document. Copying one costs a reference; nothing is converted before it is asked for, so that a number
/// keeps its text (`10.00` is not `10`).
public struct JSONValue: Sendable {
    public let document: JSONDocument
    package let index: Int

    package init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        try JSONDocument(copying: bytes, limits: limits).root
    }

    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try parse(bytes, limits: limits) }
        }.get()
    }

    public static func parse(
        _ bytes: ArraySlice<UInt8>,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try parse(bytes, limits: limits) }
        }.get()
    }

    public static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    public var kind: JSONKind {
        tape.kind(index)
    }

    public var isNull: Bool {
        kind == .null
    }

    /// `nil` unless the value is `true` or `false`.
    public var bool: Bool? {
        kind == .bool ? tape.isTrue(index) : nil
    }

    /// `nil` unless the value is a string.
    public var string: String? {
        kind == .string ? text : nil
    }

    /// `nil` unless the value is a number: its digits as they are written.
    public var numberText: String? {
        kind == .number ? text : nil
    }

    /// `nil` unless the value is a number that is written as an integer and fits: `1.0` and `1e3` do not count.
    public var integer: Int64? {
        kind == .number ? Int64(text) : nil
    }

    /// `nil` unless the value is a number, and one that is finite as a `Double`. May round.
    public var double: Double? {
        guard kind == .number, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// How many elements or members; 0 for everything else.
    public var count: Int {
        tape.count(index)
    }

    var tape: JSONTape {
        document.tape
    }

    private var text: String {
        withUTF8 { String(decoding: $0, as: UTF8.self) }
    }
}
