import ArgumentParser
import JSON
import Messaging

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who changed what, and the evidence of what was sent and why.",
        discussion: """
            What was done to a message stands in its own story: 'dunlin message show ID'. The evidence is a chain: 'verify' finds \
            every row that was changed, taken out or put elsewhere, and, with a head that was kept, an end that was cut off.
            """,
        subcommands: [List.self, Verify.self, Head.self, Export.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List changes, newest first.")
        @OptionGroup var options: CommonOptions
        @Option(help: "How many changes are shown at most, 1 to 10000.")
        var limit = 50
        @Option(help: "Only changes with a smaller number: where the last page ended.")
        var before: Int64?
        @Flag(help: "Print JSON Lines.")
        var json = false

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 10000.") }
        }

        func run() async throws {
            try await withApp(options) { app in
                let entries = try await AuditLog(app.database).list(before: before ?? .max, limit: limit)
                if json {
                    for entry in entries { Console.print(JSONWriter.text { entry.write(to: &$0) }) }
                    return
                }
                var table = Table([
                    ("NUMBER", .right), ("AT", .left), ("BY", .left), ("ACTION", .left), ("SUBJECT", .left),
                    ("DETAIL", .left),
                ])
                for entry in entries {
                    table.add([
                        "\(entry.id)", Timestamp.text(entry.at), entry.by, entry.action.rawValue, entry.subject,
                        entry.detail ?? "",
                    ])
                }
                Console.print(table.isEmpty ? "Nothing was changed." : table.text)
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go through the chain of evidence.",
            discussion: "Exit status: 0 it is whole, 1 it is not."
        )
        @OptionGroup var options: CommonOptions
        @Option(
            help: ArgumentHelp(
                "A head as 'audit head' printed it, to find an end that was cut off.",
                valueName: "number:hash"
            )
        )
        var head: String?
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            var known: (number: Int64, hash: String)?
            if let head {
                let halves = head.split(separator: ":")
                guard halves.count == 2, let number = Int64(halves[0]) else {
                    throw ValidationError("--head is a number, a colon and a hash, as 'dunlin audit head' prints it.")
                }
                known = (number, halves[1].lowercased())
            }
            try await withApp(options) { [known] app in
                let found = try await Evidence(app.database).verify(known: known) {
                    Console.progress("\(Words.count($0)) rows")
                }
                Console.endProgress()
                if json {
                    Console.print(
                        JSONWriter.text { writer in
                            writer.beginObject()
                            writer.member("rows", found.rows)
                            writer.member("erased", found.erased)
                            writer.name("faults")
                            writer.beginArray()
                            for fault in found.faults { writer.string(fault) }
                            writer.endArray()
                            writer.endObject()
                        }
                    )
                } else {
                    for fault in found.faults { Console.print(Console.style(fault, .red)) }
                    let erased = found.erased > 0 ? ", the words of \(Words.count(found.erased)) erased" : ""
                    Console.print(
                        found.faults.isEmpty
                            ? "The chain is whole: \(Words.count(found.rows)) rows\(erased)."
                            : "The chain is broken: \(found.faults.count) faults in \(Words.count(found.rows)) rows\(erased)."
                    )
                }
                if !found.faults.isEmpty { throw ExitCode(1) }
            }
        }
    }

    struct Head: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest row of the evidence, to be kept elsewhere.",
            discussion: "Kept where nobody who can write the database can write too, it shows an end that was cut off."
        )
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await withApp(options) { app in
                guard let head = try await Evidence(app.database).head() else {
                    throw Failure(.data, "there is no evidence yet")
                }
                Console.print("\(head.number):\(head.hashText)")
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the evidence as JSON Lines, of one address or of one message."
        )
        @OptionGroup var options: CommonOptions
        @Option(help: "An address or phone number, however it is spelled.")
        var person: String?
        @Option(help: "A message's id.")
        var message: Int64?

        func validate() throws {
            guard (person == nil) != (message == nil) else { throw ValidationError("Name --person or --message.") }
        }

        func run() async throws {
            try await withApp(options) { app in
                let evidence = Evidence(app.database)
                func show(_ row: Evidence.Row) { Console.print(JSONWriter.text { row.write(to: &$0) }) }
                if let message { for row in try await evidence.of(message: message) { show(row) } }
                if let person {
                    let key = try Recipient.key(of: person, region: app.settings.region)
                    try await evidence.of(addressKey: key, show)
                }
            }
        }
    }
}
