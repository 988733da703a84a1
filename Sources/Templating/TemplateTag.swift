/// A tag as it stands in the source.
struct TemplateTag {
    enum Kind {
        case variable
        case unescapedVariable
        case section
        case invertedSection
        case close
        case partial
        /// Comments and changes of the delimiters: they leave nothing behind but their line, unless that is theirs alone.
        case silent
    }

    var kind: Kind
    /// The name's bytes in the source, without blanks around it.
    var name: Range<Int>
    /// Where the opening delimiter stands.
    var start: Int
    /// The blanks before a tag that is alone on its line; `nil` for any other tag.
    var indentation: Range<Int>?
    var line: Int
    var column: Int
}
