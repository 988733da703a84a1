import ArgumentParser
import JSON
import Messaging

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who changed opt-outs, subscriptions and tokens, and paused lanes.",
        discussion: "What was done to a message stands in its own story: 'dunlin message show ID'.",
        subcommands: [List.self]
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
}
