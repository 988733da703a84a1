/// What a server answered: its code and its words.
public struct SMTPReply: Sendable, Hashable, CustomStringConvertible {
    /// 200...599.
    public var code: Int
    /// The words of all lines without their codes, joined by line feeds, at most 1 KB. Invalid UTF-8 is repaired and
    /// control characters are replaced by `?`; all else is as it came.
    public var text: String

    public init(code: Int, text: String) {
        self.code = code
        self.text = text
    }

    /// The enhanced code that the text starts with.
    public var enhanced: EnhancedStatus? { EnhancedStatus(prefixOf: text.utf8) }

    /// 4yz: the same may succeed later.
    public var isTransient: Bool { code / 100 == 4 }

    public var description: String { text.isEmpty ? "\(code)" : "\(code) \(text)" }
}
