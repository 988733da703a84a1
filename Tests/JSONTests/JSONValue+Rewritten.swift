import JSON

extension JSONValue {
    /// The value written anew from what the API shows of it, without blanks and without needless escapes.
    func rewritten() -> String {
        var writer = JSONWriter()
        rewrite(to: &writer)
        return writer.text
    }

    private func rewrite(to writer: inout JSONWriter) {
        switch kind {
        case .null: writer.null()
        case .bool: writer.bool(bool == true)
        case .number: writer.raw((numberText ?? "").utf8)
        case .string: writer.string(string ?? "")
        case .array:
            writer.beginArray()
            for element in elements { element.rewrite(to: &writer) }
            writer.endArray()
        case .object:
            writer.beginObject()
            for (name, value) in members {
                writer.name(name.string ?? "")
                value.rewrite(to: &writer)
            }
            writer.endObject()
        }
    }
}
