import Foundation
import JSON
import Yams

/// `template.yaml`.
struct TemplateManifest {
    let category: String
    let description: String
    let optional: Set<String>
    let sample: JSONValue

    private static let keys: Set<String> = ["category", "description", "optional", "sample"]

    init(file: String, shown: String) throws {
        guard let yaml = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Rejection(shown, "it is missing, or no UTF-8 text")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw Rejection(shown, "no valid YAML: \(error)")
        }
        guard let mapping = root?.mapping else {
            throw Rejection(shown, "category, description and sample are expected")
        }
        for (key, _) in mapping where !TemplateManifest.keys.contains(key.string ?? "") {
            throw Rejection(
                "\(shown):\(key.mark?.line ?? 1)",
                "unknown key '\(key.string ?? "?")'; known: \(TemplateManifest.keys.sorted().joined(separator: ", "))"
            )
        }
        category = mapping["category"]?.string ?? "transactional"
        guard category == "transactional" || category == "commercial" else {
            throw Rejection(shown, "category: it is transactional or commercial, not '\(category)'")
        }
        description = mapping["description"]?.string ?? ""
        let names = Set((mapping["optional"]?.sequence ?? []).compactMap(\.string))
        var writer = JSONWriter()
        TemplateManifest.write(mapping["sample"] ?? .mapping([:]), to: &writer)
        sample = try JSONValue.parse(writer.bytes)
        guard sample.kind == .object else { throw Rejection(shown, "sample: a mapping of variables is expected") }
        optional = names
    }

    /// Numbers keep their text.
    private static func write(_ node: Node, to writer: inout JSONWriter) {
        switch node {
        case .mapping(let mapping):
            writer.beginObject()
            for (key, value) in mapping {
                writer.name(key.string ?? "")
                write(value, to: &writer)
            }
            writer.endObject()
        case .sequence(let sequence):
            writer.beginArray()
            for value in sequence { write(value, to: &writer) }
            writer.endArray()
        case .scalar(let scalar):
            let text = scalar.string
            if scalar.style == .plain, text == "true" || text == "false" {
                writer.bool(text == "true")
            } else if scalar.style == .plain, (try? JSONValue.parse(text))?.kind == .number {
                writer.raw(Array(text.utf8))
            } else if scalar.style == .plain, ["", "~", "null"].contains(text) {
                writer.null()
            } else {
                writer.string(text)
            }
        case .alias:
            writer.null()
        }
    }
}
