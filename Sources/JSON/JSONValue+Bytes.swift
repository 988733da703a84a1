extension JSONValue {
    /// A string's text without quotes and escapes; of anything else the bytes as written. The bytes are valid only until
    /// `body` returns.
    public func withUTF8<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(document) {} }
        return try body(tape.text(index))
    }

    /// The bytes as written, quotes and brackets included. They are valid only until `body` returns.
    public func withRaw<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(document) {} }
        return try body(tape.raw(index))
    }

    /// A copy of the bytes as written, so that a part of a document can be stored verbatim.
    public var raw: ArraySlice<UInt8> {
        withRaw { ArraySlice($0) }
    }

    /// Appends what `withUTF8` shows.
    public func appendText(to bytes: inout [UInt8]) {
        withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// Appends what `withRaw` shows.
    public func appendRaw(to bytes: inout [UInt8]) {
        withRaw { bytes.append(contentsOf: $0) }
    }

    /// Whether the value is a string with exactly this text, compared byte by byte.
    public func isString(_ text: String) -> Bool {
        guard kind == .string else { return false }
        return withUTF8 { $0.elementsEqual(text.utf8) }
    }
}
