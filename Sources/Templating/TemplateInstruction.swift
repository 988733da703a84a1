/// One step of a compiled template.
struct TemplateInstruction {
    enum Operation: UInt8 {
        /// Bytes `first ..< first + second` of the pool go out.
        case text
        /// The value of path `first`.
        case variable
        /// The same, HTML-escaped.
        case escapedVariable
        /// The instructions up to `second`, once for each item of path `first`, or for the value itself if it is truthy.
        case section
        /// The instructions up to `second`, unless path `first` has something for a section.
        case invertedSection
        /// Unit `first`, its lines being left as they are.
        case partial
        /// Unit `first`, compiled for indentation: bytes `second ..< second + third` of the pool join the indentation.
        case indentedPartial
        /// A line of an indented partial begins.
        case lineStart
    }

    var operation: Operation
    var first: UInt32 = 0
    var second: UInt32 = 0
    var third: UInt32 = 0
}
