/// What is wrong with a template, or with what it was given:
/// `friendly.en.email.txt:3:14: unknown variable 'invoice.numbr'`.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The template's or partial's, as it was given.
    public var file: String
    /// From 1.
    public var line: Int
    /// In characters (Unicode scalars), from 1: where the tag begins.
    public var column: Int
    public var message: String

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String {
        "\(file):\(line):\(column): \(message)"
    }
}
