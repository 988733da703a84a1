import Foundation
import JSON
import Templating

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

    /// Compiles the text of a part, with the folder's partials.
    func compile(
        _ source: [UInt8],
        file: String,
        part: String,
        optional: Set<String>
    ) throws(TemplateErrors) -> Template {
        try TemplateLibrary.compile(source, file: file, part: part, optional: optional, folder: folder)
    }

    private static func compile(
        _ source: [UInt8],
        file: String,
        part: String,
        optional: Set<String>,
        folder: String
    ) throws(TemplateErrors) -> Template {
        try Template(
            parsing: part == "subject.txt" || part == "sms.txt" ? trimmed(source) : source,
            file: file,
            escaping: part.hasSuffix(".html") ? .html : .none,
            partials: partials(part, folder: folder),
            optional: optional.union(TemplateLibrary.optional)
        )
    }

    /// The line end of a file is no part of a subject or a text message.
    private static func trimmed(_ source: [UInt8]) -> [UInt8] {
        Array(source.reversed().drop { $0 == 0x0a || $0 == 0x0d }.reversed())
    }

    private static func partials(_ part: String, folder: String) -> PartialSource {
        let suffix = part.hasSuffix(".html") ? "html" : "txt"
        return PartialSource { name in
            guard !name.contains("/"), !name.hasPrefix(".") else { return nil }
            let file = "_partials/\(name).\(suffix)"
            guard let source = FileManager.default.contents(atPath: "\(folder)/\(file)") else { return nil }
            return .init(source: Array(source), file: file)
        }
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
            let manifest: TemplateManifest
            do {
                manifest = try TemplateManifest(file: "\(path)/template.yaml", shown: "\(name)/template.yaml")
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
                    variant.parts[part] = try TemplateLibrary.compile(
                        Array(source),
                        file: "\(name)/\(file)",
                        part: part,
                        optional: manifest.optional,
                        folder: folder
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
