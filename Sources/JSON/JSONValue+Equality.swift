extension JSONValue {
    /// Whether both say the same: members in any order, strings however they are escaped, numbers as written.
    public func isEqual(to other: JSONValue) -> Bool {
        guard kind == other.kind, count == other.count else { return false }
        var bytes: [UInt8] = []
        var otherBytes: [UInt8] = []
        appendCanonical(to: &bytes)
        other.appendCanonical(to: &otherBytes)
        return bytes == otherBytes
    }

    /// Appends the value without spaces, its members sorted by name and its strings escaped in one way only.
    private func appendCanonical(to bytes: inout [UInt8]) {
        switch kind {
        case .null, .bool, .number:
            appendText(to: &bytes)
        case .string:
            var text: [UInt8] = []
            appendText(to: &text)
            appendJSONString(text, to: &bytes)
        case .array:
            bytes.append(UInt8(ascii: "["))
            for element in elements {
                element.appendCanonical(to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            bytes.append(UInt8(ascii: "]"))
        case .object:
            let sorted = members.map { member -> (name: [UInt8], value: JSONValue) in
                var name: [UInt8] = []
                member.name.appendText(to: &name)
                return (name, member.value)
            }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
            bytes.append(UInt8(ascii: "{"))
            for (name, value) in sorted {
                appendJSONString(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value.appendCanonical(to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
