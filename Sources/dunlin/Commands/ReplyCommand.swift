import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct ReplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reply",
        abstract: "What people have written back: list, show, assign and finish it.",
        discussion: """
            Bounces, complaints, automatic answers and plain opt-outs are seen to without you; everything else that comes in by \
            'dunlin inbound', a mailbox or a text is listed here until somebody has read it.
            """,
        subcommands: [List.self, Show.self, Assign.self, Finish.self]
    )

    static func find(_ id: Int64, _ app: App) async throws -> Reply {
        guard let reply = try await Replies(app.database).find(id) else {
            throw Failure(.data, "there is no reply \(id): see 'dunlin reply list'")
        }
        return reply
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what nobody has seen to, oldest first.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "List what is done, newest first.")
        var done = false
        @Option(help: "How many at most.")
        var limit: UInt16 = 50
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let replies = Replies(app.database)
                let found =
                    done ? try await replies.done(limit: Int(limit)) : try await replies.open(limit: Int(limit))
                guard !json else {
                    for reply in found { Console.print(JSONWriter.text { reply.write(to: &$0) }) }
                    return
                }
                var table = Table([
                    ("REPLY", .right), ("WHEN", .left), ("FROM", .left), ("MESSAGE", .right), ("WHO", .left),
                    ("TEXT", .left),
                ])
                for reply in found {
                    table.add([
                        "\(reply.id)", Timestamp.text(reply.at), reply.from, reply.message.map { "\($0)" } ?? "-",
                        reply.assignee ?? "-", Words.excerpt(reply.text),
                    ])
                }
                Console.print(table.isEmpty ? (done ? "Nothing is done yet." : "Nothing is to be read.") : table.text)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a reply with its words.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "A reply's number.")
        var id: Int64
        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let reply = try await ReplyCommand.find(id, app)
                guard !json else { return Console.print(JSONWriter.text { reply.write(to: &$0) }) }
                Console.print("REPLY \(reply.id)  \(reply.state.rawValue)")
                Console.print("from       \(reply.from)")
                Console.print("when       \(Timestamp.text(reply.at))")
                if !reply.subject.isEmpty { Console.print("subject    \(reply.subject)") }
                if let message = reply.message { Console.print("answers    message \(message)") }
                if let asks = reply.asks { Console.print("asks       \(asks)") }
                if let assignee = reply.assignee { Console.print("assignee   \(assignee)") }
                if let note = reply.note { Console.print("note       \(note)") }
                Console.print("\n" + reply.text)
            }
        }
    }

    struct Assign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say who sees to a reply.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "A reply's number.")
        var id: Int64
        @Argument(help: "Whose it is; nobody's where it is left out.")
        var assignee: String?

        func run() async throws {
            try await withApp(options) { app in
                guard try await Replies(app.database).assign(id, to: assignee) else {
                    throw Failure(.data, "reply \(id) is not open: see 'dunlin reply list'")
                }
                Console.print("Reply \(id) is \(assignee.map { "\($0)'s" } ?? "nobody's").")
            }
        }
    }

    struct Finish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that a reply has been seen to.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "A reply's number.")
        var id: Int64
        @Option(help: "What was done about it.")
        var note: String?

        func run() async throws {
            try await withApp(options) { app in
                guard try await Replies(app.database).finish(id, note: note, by: Console.user) else {
                    throw Failure(.data, "reply \(id) is not open: see 'dunlin reply list'")
                }
                Console.print("Reply \(id) is done.")
            }
        }
    }
}
