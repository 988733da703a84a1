/// A dotted name. No parts: `.`, the value on top of the context.
struct TemplatePath {
    /// Where the parts begin among the program's parts.
    var firstPart: UInt32
    var partCount: UInt32
    /// How many of the leading parts together are an optional name; 0 where none is. One of these parts may be absent.
    var optionalParts: UInt32
    /// Where the name begins in the pool, and its length.
    var nameStart: UInt32
    var nameLength: UInt32
}
