import Foundation
import JSON
import Templating

@testable import Messaging

/// The templates that ship, and the ways in which they are rendered by the tests.
enum ShippedTemplates {
    static let templates = TemplateLibrary(folder: "\(Repository.folder)/Templates")

    static let names = [
        "invoice-due-today", "invoice-final-notice", "invoice-handover", "invoice-issued", "invoice-overdue-first",
        "invoice-overdue-second", "invoice-upcoming", "payment-thanks",
    ]
    static let tones = ["formal", "friendly", "neutral"]
    static let parts = ["email.html", "email.txt", "sms.txt", "subject.txt"]

    /// Brands from the barest to the one that says all of itself.
    static let brands: [Brand] = {
        do {
            let bare = BrandSettings(
                name: "Example Ltd",
                from: "billing@example.com",
                postalAddress: "1 Main Street, Springfield, IL 62701, USA"
            )
            var full = bare
            full.replyTo = "accounts@example.com"
            full.phone = "+1 202 555 0123"
            full.website = "https://example.com"
            full.color = "#0a5c5c"
            return [try Brand(id: "bare", settings: bare), try Brand(id: "full", settings: full)]
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// The `optional` list of a manifest.
    static func optional(_ name: String) throws -> [String] {
        let manifest = try String(contentsOfFile: "\(templates.folder)/\(name)/template.yaml", encoding: .utf8)
        let list = manifest.split(separator: "\noptional:\n")[1]
        return list.split(separator: "\n").prefix { $0.hasPrefix("  - ") }.map { String($0.dropFirst(4)) }
    }

    /// The sample with several invoices, and the same with the first alone.
    static func samples(_ set: TemplateSet) throws -> [(String, JSONValue)] {
        let amount = set.sample["invoices"]?.elements.first { _ in true }?["amount"]
        let one = try set.sample.changed { path, value in
            switch path {
            case "several": .bool(false)
            case "invoices": .first
            case "total": .keep(amount ?? value)
            default: .keep(value)
            }
        }
        return [("several invoices", set.sample), ("one invoice", one)]
    }
}

extension JSONValue {
    enum Change {
        case keep(JSONValue)
        case bool(Bool)
        /// The first element alone.
        case first
        case drop
    }

    /// A copy, with the members changed that `change` asks for by their dotted path; elements of a list have its path.
    func changed(_ change: (_ path: String, JSONValue) -> Change) throws -> JSONValue {
        var writer = JSONWriter()
        write("", to: &writer, change)
        return try JSONValue.parse(writer.bytes)
    }

    /// A copy without the member, in every element of the lists on its way.
    func without(_ path: String) throws -> JSONValue {
        try changed { $0 == path ? .drop : .keep($1) }
    }

    private func write(
        _ path: String,
        to writer: inout JSONWriter,
        _ change: (_ path: String, JSONValue) -> Change
    ) {
        switch kind {
        case .object:
            writer.beginObject()
            for (name, value) in members {
                let name = name.string ?? ""
                let path = path.isEmpty ? name : "\(path).\(name)"
                switch change(path, value) {
                case .keep(let value):
                    writer.name(name)
                    value.write(path, to: &writer, change)
                case .bool(let flag):
                    writer.member(name, flag)
                case .first:
                    writer.name(name)
                    writer.beginArray()
                    for value in value.elements.prefix(1) { value.write(path, to: &writer, change) }
                    writer.endArray()
                case .drop:
                    break
                }
            }
            writer.endObject()
        case .array:
            writer.beginArray()
            for value in elements { value.write(path, to: &writer, change) }
            writer.endArray()
        default:
            writer.value(self)
        }
    }
}
