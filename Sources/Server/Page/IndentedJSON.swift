import JSON

extension JSONValue {
    /// The value as a person reads it: a member a line, two spaces a level. Numbers keep their text.
    var indented: String {
        var text = ""
        appendIndented(to: &text, level: 0)
        return text
    }

    private func appendIndented(to text: inout String, level: Int) {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch kind {
        case .object where count > 0:
            let lines = members.map { name, value -> String in
                var line = "\(inner)\(name.rawText): "
                value.appendIndented(to: &line, level: level + 1)
                return line
            }
            text += "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        case .array where count > 0:
            let lines = elements.map { value -> String in
                var line = inner
                value.appendIndented(to: &line, level: level + 1)
                return line
            }
            text += "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        default: text += rawText
        }
    }

    private var rawText: String { withRaw { String(decoding: $0, as: UTF8.self) } }
}
