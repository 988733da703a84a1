import ArgumentParser
import JSON
import Messaging
import Server

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Who may use the HTTP interface, and for what.",
        discussion: """
            Until the first token is made, programs on this machine may do everything over HTTP and others nothing. From then on \
            every caller needs one.
            """,
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token; it is shown once.",
            discussion: """
                Scopes: enqueue hands in messages, read looks, operate cancels, retries, approves and holds, comply records \
                opt-outs and takes them back.

                Messages that a --test token hands in run the whole path into the outbox, whatever the transports say. Some \
                addresses stand for an outcome: \
                \(Simulation.allCases.map { "\($0.rawValue)@\(Simulation.domain)" }.joined(separator: ", ")); for calls and \
                texts \(Simulation.allCases.map { "\($0.phone) (\($0.rawValue))" }.joined(separator: ", ")); for every other \
                channel simulate:rejected and so on.
                """
        )
        @OptionGroup var options: CommonOptions
        @Option(help: "What lists and the stories of messages call it. It cannot be used again.")
        var name: String
        @Option(help: "What it may do: enqueue, read, operate, comply. Several with commas between, or one each.")
        var scope: [String]
        @Option(help: "Messages a second that it may hand in (default: no limit).")
        var rate: Int?
        @Flag(help: "Its messages go to the outbox only.")
        var test = false
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let scopes = try TokenCommand.scopes(scope.joined(separator: ","))
            guard (1...Tokens.longestName).contains(name.utf8.count),
                !name.unicodeScalars.contains(where: { $0.value < 0x20 })
            else { throw ValidationError("A name has 1 to \(Tokens.longestName) bytes, in one line.") }
            if let rate, !(1...1_000_000).contains(rate) { throw ValidationError("--rate must be from 1 to 1000000.") }
            try await withApp(options, creates: true) { app in
                let secret = TokenSecret()
                let isNew = try await Tokens(app.database).create(
                    name: name,
                    hash: secret.hash,
                    scopes: scopes,
                    isTest: test,
                    rate: rate,
                    by: Console.user
                )
                guard isNew else {
                    throw Failure(.data, "there is, or was, a token called '\(name)': give this one another name")
                }
                if json {
                    Console.print(
                        JSONWriter.text { writer in
                            writer.beginObject()
                            writer.member("name", name)
                            writer.member("token", secret.text)
                            writer.endObject()
                        }
                    )
                } else {
                    Console.print(secret.text)
                    Console.error("This is the token \(name). It is shown this once: keep it where secrets are kept.")
                }
            }
        }
    }

    static func scopes(_ text: String) throws -> Set<Scope> {
        let words = text.split(separator: ",").map { $0.filter { $0 != " " } }
        let scopes = words.compactMap { Scope(rawValue: $0) }
        guard !words.isEmpty, scopes.count == words.count else {
            let unknown = words.first { Scope(rawValue: $0) == nil } ?? ""
            throw ValidationError(
                "There is no scope '\(unknown)'; known: \(Scope.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
        return Set(scopes)
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tokens, revoked ones too; never the secrets.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let tokens = try await Tokens(app.database).list()
                if json {
                    for token in tokens { Console.print(JSONWriter.text { token.write(to: &$0) }) }
                    return
                }
                var table = Table([
                    ("NAME", .left), ("SCOPES", .left), ("RATE", .right), ("CREATED", .left), ("LAST USED", .left),
                    ("STATE", .left),
                ])
                for token in tokens {
                    table.add([
                        token.name, token.words, token.rate.map { "\($0)/s" } ?? "-", Timestamp.text(token.createdAt),
                        token.usedAt.map(Timestamp.text) ?? "never",
                        token.revokedAt.map { "revoked \(Timestamp.text($0))" } ?? (token.isTest ? "test" : "live"),
                    ])
                }
                Console.print(
                    table.isEmpty
                        ? "No tokens: only programs on this machine may use the HTTP interface. Make one with 'dunlin token create'."
                        : table.text
                )
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a token from now on.",
            discussion: "A server that runs notices within a second."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The token's name.")
        var name: String

        func run() async throws {
            try await withApp(options) { app in
                guard try await Tokens(app.database).revoke(name, by: Console.user) else {
                    throw Failure(.data, "there is no token '\(name)' that works: see 'dunlin token list'")
                }
                Console.print("The token \(name) is revoked.")
            }
        }
    }
}

extension Token {
    fileprivate var words: String { Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ",") }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("scopes", words)
        writer.member("test", isTest)
        if let rate { writer.member("rate", rate) }
        writer.member("created_at", Timestamp.text(createdAt))
        if let usedAt { writer.member("used_at", Timestamp.text(usedAt)) }
        if let revokedAt { writer.member("revoked_at", Timestamp.text(revokedAt)) }
        writer.endObject()
    }
}
