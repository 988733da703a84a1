/// A piece of the source.
enum TemplateToken {
    /// Bytes that go out as they are.
    case text(Range<Int>)
    case tag(TemplateTag)
}
