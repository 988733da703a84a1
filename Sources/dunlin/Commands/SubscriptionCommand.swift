import ArgumentParser
import Foundation
import JSON
import Messaging

struct SubscriptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription",
        abstract: "Who is told of what happens, over signed webhooks.",
        discussion: """
            Events: \(NewsType.allCases.map(\.rawValue).joined(separator: ", ")); * for all.

            'dunlin serve' posts them, signed as Standard Webhooks, in order for each message, and again for three days while the \
            endpoint fails. An endpoint that answers 410, or has failed for five days, is disabled.
            """,
        subcommands: [Add.self, List.self, Remove.self, Enable.self, Replay.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Subscribe an endpoint; its secret is shown once.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The address that is posted to, such as https://example.com/hooks.")
        var url: String
        @Option(help: "What it is told of, with commas between.")
        var events = "*"
        @Option(help: "What it is for.")
        var description: String?
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try await withApp(options, creates: true) { app in
                let subscription: Subscription
                do {
                    subscription = try await Subscriptions(app.queue).add(
                        url: url,
                        types: events.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
                        description: description,
                        allowsPrivate: app.settings.subscriptions.allowPrivate,
                        by: Console.user
                    )
                } catch let rejection as Rejection {
                    throw Failure(.data, rejection.description)
                }
                let text = JSONWriter.text { subscription.write(to: &$0, withSecret: true) }
                if json { return Console.print(text) }
                let secret = (try? JSONValue.parse(text))?["secret"]?.string ?? ""
                Console.print(secret)
                Console.error("This is the secret of subscription \(subscription.id). It is shown this once.")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List subscriptions.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let all = try await Subscriptions(app.queue).list()
                if json {
                    for subscription in all { Console.print(JSONWriter.text { subscription.write(to: &$0) }) }
                    return
                }
                var table = Table([("ID", .right), ("URL", .left), ("EVENTS", .left), ("STATE", .left)])
                for subscription in all {
                    table.add([
                        "\(subscription.id)", subscription.url, subscription.types.joined(separator: ","),
                        subscription.state.rawValue + (subscription.reason.map { " (\($0))" } ?? ""),
                    ])
                }
                Console.print(table.isEmpty ? "No subscriptions." : table.text)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Unsubscribe; what is on its way there is dropped.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The subscription's number.")
        var id: Int64

        func run() async throws {
            try await withApp(options) { app in
                guard try await Subscriptions(app.queue).remove(id, by: Console.user) else {
                    throw SubscriptionCommand.unknown(id)
                }
                Console.print("Subscription \(id) is removed.")
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send to an endpoint again that was disabled.",
            discussion: "What failed meanwhile is sent by 'replay'."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The subscription's number.")
        var id: Int64

        func run() async throws {
            try await withApp(options) { app in
                guard try await Subscriptions(app.queue).enable(id, by: Console.user) != nil else {
                    throw SubscriptionCommand.unknown(id)
                }
                Console.print("Subscription \(id) is active.")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send again what could not be delivered.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The subscription's number.")
        var id: Int64
        @Option(help: "What happened then or later, such as 2026-11-30T09:00:00Z.")
        var since: String

        func run() async throws {
            guard let time = Timestamp.parse(since) else {
                throw ValidationError("'\(since)' is no time: write it like 2026-11-30T09:00:00Z.")
            }
            try await withApp(options) { app in
                guard try await Subscriptions(app.queue).find(id) != nil else { throw SubscriptionCommand.unknown(id) }
                let count = try await app.queue.replay(subscription: id, since: time, by: Console.user)
                Console.print("\(Words.count(Int64(count))) deliveries wait again.")
            }
        }
    }

    private static func unknown(_ id: Int64) -> Failure {
        Failure(.data, "there is no subscription \(id): see 'dunlin subscription list'")
    }
}
