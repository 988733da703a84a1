/// Why a text is not a document: `line 1, column 14: a ',' or '}' was expected, but 'x' stands here`.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    /// From 1.
    public var line: Int
    /// In characters (Unicode scalars), from 1.
    public var column: Int
    /// In bytes, from 0.
    public var offset: Int

    public init(message: String, line: Int, column: Int, offset: Int) {
        self.message = message
        self.line = line
        self.column = column
        self.offset = offset
    }

    public var description: String {
        "line \(line), column \(column): \(message)"
    }
}
