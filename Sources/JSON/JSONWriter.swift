/// Writes a document from its beginning to its end, compact, and sets the commas. The caller keeps the order: a name
/// before each value in an object, and as many ends as beginnings.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// - Parameter bytes: what the document is appended to.
    public init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    public var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// A document that `body` writes, as text.
    public static func text(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter()
        try body(&writer)
        return writer.text
    }

    public mutating func beginObject() { begin(UInt8(ascii: "{")) }
    public mutating func endObject() { end(UInt8(ascii: "}")) }
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    public mutating func name(_ name: String) {
        separate()
        appendJSONString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        separate()
        appendJSONString(text, to: &bytes)
    }

    /// - Parameter utf8: valid UTF-8.
    public mutating func string(utf8: [UInt8]) {
        separate()
        appendJSONString(utf8, to: &bytes)
    }

    public mutating func integer(_ value: some BinaryInteger) {
        raw(String(value).utf8)
    }

    /// A number that is not finite has no form in JSON and is written as `null`.
    public mutating func double(_ value: Double) {
        if value.isFinite { raw(value.description.utf8) } else { null() }
    }

    public mutating func bool(_ value: Bool) {
        raw((value ? "true" : "false").utf8)
    }

    public mutating func null() {
        raw("null".utf8)
    }

    /// A value of another document, as it is written there.
    public mutating func value(_ value: JSONValue) {
        separate()
        value.appendRaw(to: &bytes)
    }

    /// - Parameter json: one whole value that is already JSON.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    public mutating func member(_ name: String, _ text: String) {
        self.name(name)
        string(text)
    }

    public mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        integer(value)
    }

    /// A number that is not whole, to thousandths.
    public mutating func member(_ name: String, _ value: Double) {
        let thousandths = Int64((value * 1000).rounded())
        self.name(name)
        if thousandths % 1000 == 0 {
            integer(thousandths / 1000)
        } else {
            raw(Array("\(Double(thousandths) / 1000)".utf8))
        }
    }

    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    public mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }
}
