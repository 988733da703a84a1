import ArgumentParser
import Foundation
import JSON
import Messaging
import Templating

struct TemplateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template",
        abstract: "List, check, preview and render templates.",
        subcommands: [List.self, Check.self, Preview.self, Render.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the templates with their tones and parts.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let library = TemplateLibrary(folder: try Configuration.load(options.config).templatesPath())
            let sets = library.sets.values.sorted { $0.name < $1.name }
            guard !json else {
                var writer = JSONWriter()
                writer.beginArray()
                for set in sets {
                    writer.beginObject()
                    writer.member("name", set.name)
                    writer.member("category", set.category)
                    writer.member("description", set.description)
                    writer.name("variants")
                    writer.beginArray()
                    for (tone, locales) in set.variants.sorted(by: { $0.key < $1.key }) {
                        for (locale, variant) in locales.sorted(by: { $0.key < $1.key }) {
                            writer.beginObject()
                            writer.member("tone", tone)
                            writer.member("locale", locale)
                            writer.name("parts")
                            writer.beginArray()
                            for part in variant.parts.keys.sorted() { writer.string(part) }
                            writer.endArray()
                            writer.endObject()
                        }
                    }
                    writer.endArray()
                    writer.endObject()
                }
                writer.endArray()
                return Console.print(writer.text)
            }
            var table = Table([("TEMPLATE", .left), ("TONES", .left), ("LOCALES", .left), ("ABOUT", .left)])
            for set in sets {
                table.add([
                    set.name, set.variants.keys.sorted().joined(separator: " "),
                    Set(set.variants.values.flatMap(\.keys)).sorted().joined(separator: " "), set.description,
                ])
            }
            Console.print(table.text)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load every template and list every problem.",
            discussion: "Exit status: 0 none, 65 some."
        )
        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try Configuration.load(options.config)
            let library = TemplateLibrary(folder: try configuration.templatesPath())
            guard
                let brand = try Brand.all(configuration.brands, folder: configuration.messaging.folder).sorted(by: {
                    $0.key < $1.key
                }).first?.value
            else {
                return
            }
            let problems = library.check(brand: brand)
            for problem in problems { Console.error(problem) }
            guard problems.isEmpty else { throw Failure(.data, "\(problems.count) problems in \(library.folder)") }
            let parts = library.sets.values.flatMap(\.variants.values).flatMap(\.values).map(\.parts.count).reduce(0, +)
            Console.print("\(library.sets.count) templates with \(parts) parts: no problems.")
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Render every part of a template with its sample.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The template's name.")
        var name: String
        @Option(help: "A tone; the brand's by default.")
        var tone: String?
        @Option(help: "A locale; the brand's by default.")
        var locale: String?
        @Option(help: "A brand's id; the first by default.")
        var brand: String?
        @Option(help: "Variables as JSON in place of the sample.", completion: .file())
        var data: String?
        @Option(help: "Only this part, such as email.html, and nothing around it.")
        var part: String?

        func run() async throws {
            let configuration = try Configuration.load(options.config)
            let composer = Composer(
                library: TemplateLibrary(folder: try configuration.templatesPath()),
                brands: try Brand.all(configuration.brands, folder: configuration.messaging.folder),
                secret: ""
            )
            let vars = try data.map { try TemplateCommand.json($0) }
            let parts: [RenderedPart]
            do {
                parts = try composer.preview(template: name, tone: tone, locale: locale, brand: brand, vars: vars)
            } catch {
                throw Failure(.data, error.description)
            }
            if let part {
                guard let found = parts.first(where: { $0.name == part }) else {
                    throw Failure(
                        .data,
                        "'\(name)' has no part '\(part)'; it has \(parts.map(\.name).joined(separator: ", "))"
                    )
                }
                Console.write(found.bytes)
            } else {
                for part in parts {
                    let rule = String(repeating: "─", count: max(0, 60 - part.name.count))
                    Console.print(Console.style("── \(part.name) \(rule)", .dim))
                    if let segments = part.segments { Console.print(Console.style(segments.summary, .dim)) }
                    Console.write(part.bytes)
                    if part.bytes.last != 0x0a { Console.print() }
                }
            }
        }
    }

    struct Render: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Render one file to standard output.",
            discussion:
                "Strict: what is not there is an error. A file ending in .html is escaped; --lenient renders as the "
                + "Mustache specification says: missing is empty, and everything is escaped."
        )
        @Argument(help: "The template.", completion: .file())
        var file: String
        @Option(help: "Variables, a JSON file, or - for standard input.", completion: .file())
        var data: String
        @Option(help: "The folder of partials: NAME, or NAME.txt, .html or .mustache.", completion: .directory)
        var partials: String?
        @Flag(help: "Missing is empty.")
        var lenient = false

        func run() async throws {
            guard let source = FileManager.default.contents(atPath: file) else {
                throw Failure(.noInput, "\(file) cannot be read")
            }
            let vars = try TemplateCommand.json(data)
            let folder = partials
            let isHTML = lenient || file.hasSuffix(".html")
            let source2 = PartialSource { name in
                guard let folder, !name.hasPrefix("."), !name.contains("/") else { return nil }
                for suffix in ["", isHTML ? ".html" : ".txt", ".mustache", ".txt", ".html"] {
                    if let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)\(suffix)") {
                        return .init(source: Array(bytes), file: name + suffix)
                    }
                }
                return nil
            }
            do {
                let template = try Template(
                    parsing: Array(source),
                    file: file,
                    escaping: isHTML ? .html : .none,
                    partials: source2,
                    strictness: lenient ? .lenient : .strict
                )
                Console.write(try template.render(TemplateContext(vars: vars)))
            } catch let error as TemplateErrors {
                throw Failure(.data, error.description)
            } catch let error as TemplateError {
                throw Failure(.data, error.description)
            }
        }
    }

    private static func json(_ file: String) throws -> JSONValue {
        let data =
            file == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: file)
        guard let data else { throw Failure(.noInput, "\(file) cannot be read") }
        do {
            return try JSONValue.parse(Array(data))
        } catch {
            throw Failure(.data, "\(file): \(error)")
        }
    }
}
