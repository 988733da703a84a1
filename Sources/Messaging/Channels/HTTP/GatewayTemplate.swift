import JSON

/// A text with `{name}` for values, as a gateway's settings write it.
struct GatewayTemplate: Sendable {
    private enum Piece: Sendable {
        case text(String)
        case value(String)
    }

    static let names: Set<String> = [
        "to", "to_digits", "from", "text", "text_hex", "id", "alphabet", "validity_seconds", "validity_minutes",
        "validity_ms", "callback",
    ]

    private let pieces: [Piece]

    /// Only a known name between braces is a value; everything else, JSON's braces too, is text.
    init(_ template: String) {
        var pieces: [Piece] = []
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            let inner = rest[rest.index(after: open)...]
            if let close = inner.firstIndex(of: "}"), GatewayTemplate.names.contains(String(inner[..<close])) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.value(String(inner[..<close])))
                rest = inner[inner.index(after: close)...]
            } else {
                text += "{"
                rest = inner
            }
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    func uses(_ name: String) -> Bool {
        pieces.contains { if case .value(name) = $0 { true } else { false } }
    }

    /// - Parameter escape: what is done to each value.
    func filled(_ values: [String: String], escape: (String) -> String = { $0 }) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .value(let name): escape(values[name] ?? "")
            }
        }.joined()
    }

    /// A value between the quotes of a JSON string.
    static func escapedForJSON(_ text: String) -> String {
        String(JSONWriter.text { $0.string(text) }.dropFirst().dropLast())
    }
}
