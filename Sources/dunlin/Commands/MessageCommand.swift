import ArgumentParser
import Foundation
import JSON
import Messaging

struct MessageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message",
        abstract: "Look at messages, and cancel, retry, approve, hold or edit them.",
        subcommands: [List.self, Show.self, Cancel.self, Retry.self, Approve.self, Hold.self, Edit.self]
    )

    struct Filter: ParsableArguments {
        @Option(help: "waiting, sending, held, sent, delivered, bounced, failed, blocked, expired or cancelled.")
        var state: String?
        @Option(help: "email, sms, linkedin, webhook, call or letter.")
        var channel: String?
        @Option(help: "A brand's id.")
        var brand: String?
        @Option(help: "A template's name.")
        var template: String?
        @Option(help: "A customer's number.")
        var customer: String?
        @Option(help: "What groups messages, such as an invoice's number.")
        var conversation: String?
        @Option(help: "A recipient's address, however it is spelled.")
        var to: String?
        @Option(help: "A recipient's domain.")
        var domain: String?
        @Option(help: "The reason that a list shows, such as temporary or gave_up.")
        var reason: String?

        func value() throws -> MessageFilter {
            var filter = MessageFilter()
            if let state {
                guard let known = MessageState(rawValue: state) else {
                    throw ValidationError("There is no state '\(state)'.")
                }
                filter.state = known
            }
            if let channel {
                guard let known = Channel(rawValue: channel) else {
                    throw ValidationError("There is no channel '\(channel)'.")
                }
                filter.channel = known
            }
            filter.brand = brand
            filter.template = template
            filter.customer = customer
            filter.conversation = conversation
            filter.addressKey = try to.map { try Recipient.key(of: $0) }
            filter.domain = domain
            filter.reason = reason
            return filter
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List messages, newest first.")

        @OptionGroup var options: CommonOptions
        @OptionGroup var filter: Filter
        @Option(help: "How many at most.")
        var limit: UInt32 = 50
        @Option(help: "Only messages with a smaller id: where the last page ended.")
        var before: Int64?
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let messages = try await app.queue.list(try filter.value(), before: before ?? .max, limit: Int(limit))
                if json {
                    for message in messages { Console.print(JSONWriter.text { message.write(to: &$0) }) }
                } else {
                    Console.print(messages.isEmpty ? "No messages." : MessageText.table(messages))
                    if messages.count == Int(limit), let last = messages.last {
                        Console.print(Console.style("more: --before \(last.id)", .dim))
                    }
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One message's whole story.")

        @OptionGroup var options: CommonOptions
        @Argument(help: "The message's id, or its key.")
        var id: String
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let number = try await app.messageID(id)
                guard let message = try await app.queue.message(number) else {
                    throw Failure(.data, "there is no message \(id): it may have been pruned")
                }
                let events = try await app.queue.events(of: number)
                Console.print(
                    json
                        ? JSONWriter.text { message.write(to: &$0, events: events) }
                        : MessageText.story(message, events)
                )
            }
        }
    }

    /// What `cancel`, `retry`, `approve` and `hold` have in common.
    struct Action: ParsableArguments {
        @OptionGroup var options: CommonOptions
        @OptionGroup var filter: Filter
        @Argument(help: "Ids or keys. Without any, a filter says which messages are meant.")
        var ids: [String] = []
        @Flag(help: "Only count the messages that a filter means.")
        var dryRun = false
        @Flag(help: "Do not ask.")
        var yes = false
        @Flag(help: "Print JSON.")
        var json = false

        func run(_ action: MessageAction) async throws {
            try await withApp(options) { app in
                if ids.isEmpty {
                    let filter = try filter.value()
                    guard try await agree(action, filter, app) else { return }
                    let done = try await app.queue.perform(action, onAll: filter, by: Console.user)
                    try report(action, asked: done, done: done)
                } else {
                    var numbers: [Int64] = []
                    for id in ids { numbers.append(try await app.messageID(id)) }
                    try report(
                        action,
                        asked: numbers,
                        done: try await app.queue.perform(action, on: numbers, by: Console.user)
                    )
                }
            }
        }

        /// Whether it is to be done to all that the filter means.
        private func agree(_ action: MessageAction, _ filter: MessageFilter, _ app: App) async throws -> Bool {
            guard !filter.isEmpty else { throw ValidationError("Name messages, or a filter such as --state held.") }
            let count = try await app.queue.count(action, onAll: filter)
            if dryRun {
                Console.print(json ? "{\"would\":\(count)}" : "\(Words.count(count)) messages would be meant.")
                return false
            }
            guard count > 0 else {
                Console.print(json ? "{\"done\":[]}" : "No such messages.")
                return false
            }
            guard yes || Console.confirm("\(action.rawValue) \(Words.count(count)) messages?") else {
                throw Failure(
                    .usage,
                    "nothing was changed: add --yes to \(action.rawValue) \(count) messages, or --dry-run to count them"
                )
            }
            return true
        }

        private func report(_ action: MessageAction, asked: [Int64], done: [Int64]) throws {
            let isDone = Set(done)
            let missed = asked.filter { !isDone.contains($0) }
            if json {
                var writer = JSONWriter()
                writer.beginObject()
                for (name, list) in [("done", done), ("not_done", missed)] {
                    writer.name(name)
                    writer.beginArray()
                    for id in list { writer.integer(id) }
                    writer.endArray()
                }
                writer.endObject()
                Console.print(writer.text)
            } else if done.count == 1, let id = done.first {
                Console.print("Message \(id): \(action.past).")
            } else {
                Console.print("\(Words.count(Int64(done.count))) messages: \(action.past).")
            }
            guard missed.isEmpty else {
                let states = action.from.map(\.rawValue).joined(separator: " or ")
                throw Failure(
                    .data,
                    "not done to \(missed.prefix(10).map(String.init).joined(separator: ", ")): "
                        + "only \(states) messages can be \(action.past)"
                )
            }
        }
    }

    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a held message other words, before it is approved.",
            discussion: "They take the place of its template or content, and are checked as those of a new message are."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The message's id, or its key.")
        var id: String
        @Option(help: "The new text; - reads it from standard input.")
        var text: String
        @Option(help: "The new subject.")
        var subject: String?

        func run() async throws {
            try await withApp(options) { app in
                let number = try await app.messageID(id)
                guard let message = try await app.queue.message(number) else {
                    throw Failure(.data, "there is no message \(id): it may have been pruned")
                }
                var words = EditedWords(subject: subject, text: text)
                if text == "-" {
                    let data = try FileHandle.standardInput.readToEnd() ?? Data()
                    words.text = String(decoding: data, as: UTF8.self)
                }
                do {
                    let reader = try await app.reader()
                    guard try await app.queue.edit(message, words, reader: reader, by: Console.user) else {
                        throw Failure(
                            .data,
                            "message \(number) is \(message.state.rawValue): only held ones are edited"
                        )
                    }
                } catch let rejection as Rejection {
                    throw Failure(.data, rejection.description)
                }
                Console.print("Message \(number): edited. 'dunlin message approve \(number)' lets it go.")
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End waiting or held messages.")
        @OptionGroup var action: Action
        func run() async throws { try await action.run(.cancel) }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send failed messages again, with all their retries.")
        @OptionGroup var action: Action
        func run() async throws { try await action.run(.retry) }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let held messages go.")
        @OptionGroup var action: Action
        func run() async throws { try await action.run(.approve) }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep waiting messages until they are approved.")
        @OptionGroup var action: Action
        func run() async throws { try await action.run(.hold) }
    }
}

extension MessageAction {
    var past: String {
        switch self {
        case .cancel: "cancelled"
        case .retry: "retried"
        case .approve: "approved"
        case .hold: "held"
        }
    }
}

/// Messages as text and as JSON.
enum MessageText {
    static func table(_ messages: [StoredMessage]) -> String {
        var table = Table([
            ("ID", .right), ("STATE", .left), ("CHANNEL", .left), ("TO", .left), ("TEMPLATE", .left), ("DUE", .left),
            ("TRIES", .right), ("REASON", .left),
        ])
        for message in messages {
            table.add([
                "\(message.id)", message.state.rawValue, message.channel.rawValue, message.recipient,
                message.template.isEmpty ? "-" : message.template, Timestamp.text(message.due), "\(message.attempts)",
                message.reason ?? "",
            ])
        }
        return table.text
    }

    static func story(_ message: StoredMessage, _ events: [Event]) -> String {
        var facts = Table([
            ("MESSAGE \(message.id)", .left),
            (message.state.rawValue + (message.reason.map { " (\($0))" } ?? ""), .left),
        ])
        func fact(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { facts.add([name, text]) }
        }
        fact("to", message.recipient)
        fact("channel", message.channel.rawValue)
        fact("brand", message.brand)
        fact("template", message.template)
        fact("category", message.category)
        fact("key", message.key)
        fact("customer", message.customer)
        fact("conversation", message.conversation)
        fact("from", message.origin)
        if message.isTest { fact("test", "goes to the outbox only") }
        fact("priority", "\(message.priority)")
        fact("due", Timestamp.text(message.due))
        fact("expires", message.expires.map(Timestamp.text))
        fact("attempts", "\(message.attempts)")
        var story = Table([("WHEN", .left), ("WHAT", .left), ("HOW", .left)])
        story.add([Timestamp.text(message.acceptedAt), "accepted", ""])
        for event in events {
            var how = event.detail ?? ""
            if let transport = event.transport, !transport.isEmpty {
                let took = event.startedAt.map { ", \(event.at - $0) ms" } ?? ""
                how = "\(transport)\(took): \(how)"
            }
            story.add([Timestamp.text(event.at), event.kind.rawValue, how.replacing("\n", with: " ")])
        }
        return facts.text + "\n\n" + story.text
    }
}
