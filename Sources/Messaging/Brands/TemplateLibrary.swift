import Foundation
import JSON
import Templating
import Yams

/// All templates of a folder, compiled once.
public struct TemplateLibrary: Sendable {
    public let folder: String
    public let sets: [String: TemplateSet]
    /// Everything that is wrong in the folder, with file and line.
    public let problems: [String]

    /// The parts that a template may have.
    static let parts: Set<String> = [
        "subject.txt", "email.txt", "email.html", "sms.txt", "linkedin.txt", "webhook.txt", "call.txt", "letter.html",
        "letter.txt",
    ]

    /// Names that the system gives to every template.
    static let reserved: Set<String> = ["brand", "recipient", "opt_out_url"]

    /// Of those, the ones that a message may lack.
    private static let optional: Set<String> = [
        "recipient.name", "opt_out_url", "brand.phone", "brand.website", "brand.color", "brand.reply_to",
    ]

    /// Reads the folder whole. What is broken is listed in ``problems`` and left out; the rest works.
    public init(folder: String) {
        var loader = Loader(folder: folder)
        loader.load()
        self.folder = folder
        sets = loader.sets
        problems = loader.problems
    }

    private struct Loader {
        let folder: String
        var sets: [String: TemplateSet] = [:]
        var problems: [String] = []

        mutating func load() {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                problems.append("\(folder): there is no such folder, or it cannot be read")
                return
            }
            for name in names.sorted() where !name.hasPrefix("_") && !name.hasPrefix(".") {
                var isFolder: ObjCBool = false
                let path = "\(folder)/\(name)"
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                    continue
                }
                loadSet(name, path)
            }
        }

        private mutating func loadSet(_ name: String, _ path: String) {
            let manifest: Manifest
            do {
                manifest = try Manifest(file: "\(path)/template.yaml", shown: "\(name)/template.yaml")
            } catch {
                problems.append("\(error)")
                return
            }
            var set = TemplateSet(
                name: name,
                category: manifest.category,
                description: manifest.description,
                sample: manifest.sample
            )
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for file in files.sorted() where file != "template.yaml" && !file.hasPrefix(".") {
                let words = file.split(separator: ".", maxSplits: 2).map(String.init)
                guard words.count == 3, TemplateLibrary.parts.contains(words[2]) else {
                    problems.append(
                        "\(name)/\(file): a part is called <tone>.<locale>.<part>, with a part of "
                            + TemplateLibrary.parts.sorted().joined(separator: ", ")
                    )
                    continue
                }
                let (tone, locale, part) = (words[0], words[1], words[2])
                var variant = set.variants[tone]?[locale] ?? .init(tone: tone, locale: locale)
                do {
                    guard let source = FileManager.default.contents(atPath: "\(path)/\(file)") else {
                        throw Rejection("\(name)/\(file)", "it cannot be read")
                    }
                    variant.parts[part] = try Template(
                        parsing: part == "subject.txt" || part == "sms.txt" ? Loader.trimmed(source) : Array(source),
                        file: "\(name)/\(file)",
                        escaping: part.hasSuffix(".html") ? .html : .none,
                        partials: partials(part),
                        optional: manifest.optional.union(TemplateLibrary.optional)
                    )
                } catch let errors as TemplateErrors {
                    variant.faults += errors.errors.map(\.description)
                } catch {
                    variant.faults.append("\(error)")
                }
                set.variants[tone, default: [:]][locale] = variant
            }
            for (tone, locales) in set.variants {
                for (locale, variant) in locales
                where variant.parts["email.txt"] != nil || variant.parts["email.html"] != nil {
                    for part in ["subject.txt", "email.txt"] where variant.parts[part] == nil && variant.faults.isEmpty
                    {
                        set.variants[tone]?[locale]?.faults.append("\(name)/\(tone).\(locale).\(part): it is missing")
                    }
                }
            }
            problems += set.variants.values.flatMap(\.values).flatMap(\.faults).sorted()
            sets[name] = set
        }

        /// The line end of a file is no part of a subject or a text message.
        private static func trimmed(_ source: Data) -> [UInt8] {
            var bytes = Array(source)
            while bytes.last == 0x0a || bytes.last == 0x0d { bytes.removeLast() }
            return bytes
        }

        private func partials(_ part: String) -> PartialSource {
            let suffix = part.hasSuffix(".html") ? "html" : "txt"
            let folder = folder
            return PartialSource { name in
                guard !name.contains("/"), !name.hasPrefix(".") else { return nil }
                let file = "_partials/\(name).\(suffix)"
                guard let source = FileManager.default.contents(atPath: "\(folder)/\(file)") else { return nil }
                return .init(source: Array(source), file: file)
            }
        }
    }

    /// Everything that a strict rendering could trip over, in every branch of every part, judged by the samples.
    public func check(brand: Brand) -> [String] {
        var found = problems
        for set in sets.values.sorted(by: { $0.name < $1.name }) {
            let context = Composer.context(vars: set.sample, brand: brand, recipient: .sample)
            for variant in set.variants.values.flatMap(\.values) {
                for (_, template) in variant.parts {
                    found += template.check(against: context).map(\.description)
                }
            }
        }
        return found.sorted()
    }
}

/// `template.yaml`.
private struct Manifest {
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
        for (key, _) in mapping where !Manifest.keys.contains(key.string ?? "") {
            throw Rejection(
                "\(shown):\(key.mark?.line ?? 1)",
                "unknown key '\(key.string ?? "?")'; known: \(Manifest.keys.sorted().joined(separator: ", "))"
            )
        }
        category = mapping["category"]?.string ?? "transactional"
        guard category == "transactional" || category == "commercial" else {
            throw Rejection(shown, "category: it is transactional or commercial, not '\(category)'")
        }
        description = mapping["description"]?.string ?? ""
        let names = Set((mapping["optional"]?.sequence ?? []).compactMap(\.string))
        var writer = JSONWriter()
        Manifest.write(mapping["sample"] ?? .mapping([:]), to: &writer)
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
