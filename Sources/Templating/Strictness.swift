/// What a name or partial that is not there means.
public enum Strictness: Sendable, Hashable {
    /// An error: a letter with a gap in it must not leave.
    case strict
    /// Nothing, as the Mustache specification has it.
    case lenient
}
