import JSON

/// What a page's template is given: finished texts, switches, lists and named values.
enum PageValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case text(String)
    case flag(Bool)
    case list([PageValue])
    case fields([(String, PageValue)])

    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: PageValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, PageValue)...) { self = .fields(elements) }

    /// The same with more names; a name that stands already keeps its first value.
    func adding(_ more: PageValue) -> PageValue {
        guard case .fields(let fields) = self, case .fields(let others) = more else { return self }
        let known = Set(fields.map(\.0))
        return .fields(fields + others.filter { !known.contains($0.0) })
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.string(text)
        case .flag(let flag): writer.bool(flag)
        case .list(let values):
            writer.beginArray()
            for value in values { value.write(to: &writer) }
            writer.endArray()
        case .fields(let fields):
            writer.beginObject()
            for (name, value) in fields {
                writer.name(name)
                value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}

extension Sequence {
    func list(_ body: (Element) throws -> PageValue) rethrows -> PageValue { .list(try map(body)) }
}
