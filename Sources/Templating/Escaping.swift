/// How `{{name}}` is written into a text. `{{{name}}}` and `{{&name}}` never escape.
public enum Escaping: Sendable, Hashable {
    case none
    /// `&`, `<`, `>`, `"` and `'` become character references.
    case html
}
