/// Everything that is wrong with a template and its partials, file by file and from top to bottom.
public struct TemplateErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one.
    public var errors: [TemplateError]

    public init(_ errors: [TemplateError]) {
        self.errors = errors
    }

    /// One error a line.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
