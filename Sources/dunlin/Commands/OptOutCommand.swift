import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct OptOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-out",
        abstract: "Who said no, and to what.",
        discussion: """
            When 'add' or 'import' returns, no message that is covered starts to leave any more, not even one that is already \
            claimed. Without a scope, a no covers everything.
            """,
        subcommands: [Add.self, Remove.self, List.self, Check.self, Import.self, Export.self, RotateKey.self]
    )

    struct Scope: ParsableArguments {
        @Option(help: "Only this channel.")
        var channel: String?
        @Option(help: "Only this brand.")
        var brand: String?
        @Option(help: "Only this category: transactional or commercial.")
        var category: String?

        func value() throws -> OptOut.Scope {
            var known: Channel?
            if let channel {
                guard let match = Channel(named: channel) else {
                    let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("There is no channel '\(channel)'; known: \(known).")
                }
                known = match
            }
            return .init(channel: known, brand: brand, category: category)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record a no.")
        @OptionGroup var options: CommonOptions
        @OptionGroup var scope: Scope
        @Argument(help: "Addresses or phone numbers.")
        var addresses: [String]
        @Option(help: "Why, or how it was said.")
        var note: String?
        @Flag(help: "Only of this address, though others are known to be the same person's.")
        var addressOnly = false

        func run() async throws {
            try await withApp(options, creates: true) { app in
                let scope = try scope.value()
                try scope.check(brands: app.settings.brandNames)
                let entries = try addresses.map {
                    var entry = OptOuts.Entry(
                        addressKey: try Recipient.key(of: $0, channel: scope.channel, region: app.settings.region),
                        address: $0,
                        scope: scope,
                        source: "cli",
                        note: note
                    )
                    entry.isAlone = addressOnly
                    return entry
                }
                let added = try await app.optOuts.add(entries, by: Console.user)
                try await app.optOuts.takeEffect()
                let known = entries.count - added
                Console.print("\(added) opted out of \(scope)" + (known > 0 ? ", \(known) had done so before." : "."))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a no back, if the person asked for that.",
            discussion: "The scope must be that of the no."
        )
        @OptionGroup var options: CommonOptions
        @OptionGroup var scope: Scope
        @Argument(help: "An address or phone number.")
        var address: String

        func run() async throws {
            try await withApp(options) { app in
                let scope = try scope.value()
                let key = try Recipient.key(of: address, channel: scope.channel, region: app.settings.region)
                guard try await app.optOuts.remove(addressKey: key, scope: scope, by: Console.user) else {
                    throw Failure(
                        .data,
                        "\(address) has not opted out of \(scope): see 'dunlin opt-out check \(address)'"
                    )
                }
                Console.print("\(address) is no longer opted out of \(scope).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List every no, oldest first.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                var table = Table([
                    ("ADDRESS", .left), ("SCOPE", .left), ("SOURCE", .left), ("SINCE", .left), ("NOTE", .left),
                ])
                try await OptOutCommand.all(app) { optOut in
                    if json {
                        Console.print(JSONWriter.text { optOut.write(to: &$0) })
                    } else {
                        table.add([
                            optOut.address, "\(optOut.scope)", optOut.source, Timestamp.text(optOut.at),
                            optOut.note ?? "",
                        ])
                    }
                }
                if !json { Console.print(table.isEmpty ? "Nobody has opted out." : table.text) }
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an address has said no to, and what would become of a message to it now.",
            discussion: "Exit status: 0 to nothing, 1 to something."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "An address or phone number, however it is spelled.")
        var address: String
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let key = try Recipient.key(of: address, region: app.settings.region)
                let found = try await app.optOuts.covering(key)
                for optOut in found {
                    Console.print(
                        json
                            ? JSONWriter.text { optOut.write(to: &$0) }
                            : "\(address) (\(key)) opted out of \(optOut.scope) on \(Timestamp.text(optOut.at)) (\(optOut.source))"
                    )
                }
                if !json {
                    if found.isEmpty { Console.print("\(address) (\(key)) has not opted out of anything.") }
                    let now = app.clock.now()
                    for prospect in try await app.queue.prospects(key, brands: app.settings.brandNames, now: now) {
                        let what = "\(prospect.category) \(prospect.channel.rawValue)"
                        Console.print("\(what) from \(prospect.brand): \(prospect.verdict)")
                    }
                }
                guard found.isEmpty else { throw ExitCode(1) }
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record many, from CSV.",
            discussion: """
                The first line names the columns: address, and any of channel, brand, category, source, note, at (such as \
                2026-11-30T09:00:00Z), address_only (true or false). A bad line is told of, and nothing of the file is taken in.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "A file, or - for standard input.", completion: .file())
        var file = "-"

        func run() async throws {
            try await withApp(options, creates: true) { app in
                let entries = try Import.parse(try Import.text(file), region: app.settings.region)
                for entry in entries {
                    do throws(Rejection) {
                        try entry.scope.check(brands: app.settings.brandNames)
                    } catch {
                        throw Failure(.data, "\(entry.address): \(error.message); nothing was taken in")
                    }
                }
                var added = 0
                var start = 0
                while start < entries.count {
                    let batch = Array(entries[start..<min(start + 1000, entries.count)])
                    added += try await app.optOuts.add(batch, by: Console.user)
                    start += batch.count
                    Console.progress("\(start) of \(entries.count)")
                }
                Console.endProgress()
                try await app.optOuts.takeEffect()
                Console.print(
                    "\(Words.count(Int64(added))) taken in, \(Words.count(Int64(entries.count - added))) there already."
                )
            }
        }

        private static func text(_ file: String) throws -> String {
            let data: Data?
            if file == "-" {
                data = try FileHandle.standardInput.readToEnd() ?? Data()
            } else {
                data = FileManager.default.contents(atPath: file)
            }
            guard let data else { throw Failure(.noInput, "\(file) cannot be read") }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw Failure(.data, "\(file) is no UTF-8 text")
            }
            return text.hasPrefix("\u{feff}") ? String(text.unicodeScalars.dropFirst()) : text
        }

        static let columns = ["address", "channel", "brand", "category", "source", "note", "at", "address_only"]

        static func parse(_ text: String, region: String? = nil) throws -> [OptOuts.Entry] {
            let rows = try CSV.rows(text)
            guard let header = rows.first?.fields.map({ $0.trimmingCharacters(in: .whitespaces).lowercased() }) else {
                return []
            }
            guard header.contains("address") else {
                throw Failure(
                    .data,
                    "line 1: a column 'address' is expected; known: \(columns.joined(separator: ", "))"
                )
            }
            for name in header where !columns.contains(name) {
                throw Failure(.data, "line 1: unknown column '\(name)'; known: \(columns.joined(separator: ", "))")
            }
            return try rows.dropFirst().map { line, fields in
                func fail(_ message: String) -> Failure {
                    Failure(.data, "line \(line): \(message); nothing was taken in")
                }
                guard fields.count == header.count else {
                    throw fail("\(header.count) fields are expected, not \(fields.count)")
                }
                let values = Dictionary(zip(header, fields), uniquingKeysWith: { first, _ in first })
                func value(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
                var scope = OptOut.Scope(brand: value("brand"), category: value("category"))
                if let name = value("channel") {
                    guard let channel = Channel(named: name) else { throw fail("there is no channel '\(name)'") }
                    scope.channel = channel
                }
                var at: Int64?
                if let text = value("at") {
                    guard let time = Timestamp.parse(text) else {
                        throw fail("at: '\(text)' is no time: write it like 2026-11-30T09:00:00Z")
                    }
                    at = time
                }
                guard let address = value("address") else { throw fail("the address is missing") }
                guard ["true", "false", nil].contains(value("address_only")) else {
                    throw fail("address_only: it is true or false")
                }
                do {
                    // Of an erased person, as 'export' gives it.
                    let isErased = OptOut.isErased(key: address)
                    var entry = OptOuts.Entry(
                        addressKey: isErased
                            ? address : try Recipient.key(of: address, channel: scope.channel, region: region),
                        address: isErased ? OptOut.erased : address,
                        scope: scope,
                        source: value("source") ?? "import",
                        note: value("note"),
                        at: at
                    )
                    entry.isAlone = value("address_only") == "true"
                    return entry
                } catch {
                    throw fail("\(error)")
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print every no as CSV, as 'import' reads it.")
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await withApp(options) { app in
                Console.print(Import.columns.joined(separator: ","))
                try await OptOutCommand.all(app) { optOut in
                    Console.print(
                        CSV.line([
                            optOut.isErased ? optOut.addressKey : optOut.address,
                            optOut.scope.channel?.rawValue ?? "", optOut.scope.brand ?? "",
                            optOut.scope.category ?? "", optOut.source, optOut.note ?? "", Timestamp.text(optOut.at),
                            optOut.isAlone ? "true" : "",
                        ])
                    )
                }
            }
        }
    }

    struct RotateKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key for opt-out links.",
            discussion: "Links of before stay valid for ever. A worker seals with the new key from its next start on."
        )
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await withApp(options) { app in
                guard let number = try await Installation.rotateLinkSecret(app.database, by: Console.user) else {
                    throw Failure(.data, "there have been 255 keys already")
                }
                Console.print("Links are sealed with key \(number) from the next start on.")
            }
        }
    }

    private static func all(_ app: App, _ body: (OptOut) -> Void) async throws {
        var after: Int64 = 0
        while true {
            let page = try await app.optOuts.list(after: after, limit: 1000)
            page.forEach(body)
            guard page.count == 1000, let last = page.last else { return }
            after = last.id
        }
    }
}
