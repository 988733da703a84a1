import ArgumentParser
import Foundation
import JSON
import Messaging

struct MessageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message",
        abstract: "Look at messages, and cancel, retry, approve or hold them.",
        subcommands: [List.self, Show.self, Cancel.self, Retry.self, Approve.self, Hold.self]
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
        var before: Int64 = .max
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let messages = try await app.queue.list(try filter.value(), before: before, limit: Int(limit))
                if json {
                    for message in messages { Console.print(MessageText.json(message)) }
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
                Console.print(json ? MessageText.json(message, events: events) : MessageText.story(message, events))
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
                let numbers = ids.isEmpty ? try await choose(action, app) : try await name(app)
                guard let numbers else { return }
                let by = "\(NSUserName()) on the command line"
                var done: [Int64] = []
                var start = 0
                while start < numbers.count {
                    let batch = Array(numbers[start..<min(start + 1000, numbers.count)])
                    done += try await app.queue.perform(action, on: batch, by: by)
                    start += batch.count
                }
                try report(action, asked: numbers, done: done)
            }
        }

        private func name(_ app: App) async throws -> [Int64]? {
            var numbers: [Int64] = []
            for id in ids { numbers.append(try await app.messageID(id)) }
            return numbers
        }

        private func choose(_ action: MessageAction, _ app: App) async throws -> [Int64]? {
            var filter = try filter.value()
            guard !filter.isEmpty else { throw ValidationError("Name messages, or a filter such as --state held.") }
            let states = (filter.state.map { [$0] } ?? action.from).filter(action.from.contains)
            if dryRun {
                var count: Int64 = 0
                for state in states {
                    filter.state = state
                    count += try await app.queue.count(filter)
                }
                Console.print(json ? "{\"would\":\(count)}" : "\(Console.count(count)) messages would be meant.")
                return nil
            }
            var numbers: [Int64] = []
            for state in states {
                filter.state = state
                var before = Int64.max
                while before > 0 {
                    let page = try await app.queue.ids(filter, before: before, limit: 10_000)
                    numbers += page
                    before = page.count == 10_000 ? page.last ?? 0 : 0
                }
            }
            guard !numbers.isEmpty else {
                Console.print(json ? "{\"done\":[]}" : "No such messages.")
                return nil
            }
            guard yes || Console.confirm("\(action.rawValue) \(Console.count(Int64(numbers.count))) messages?") else {
                throw Failure(
                    .usage,
                    "nothing was changed: add --yes to \(action.rawValue) \(numbers.count) messages, or --dry-run to count them"
                )
            }
            return numbers
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
                Console.print("\(Console.count(Int64(done.count))) messages: \(action.past).")
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
                "\(message.id)", message.state.rawValue, message.channel.rawValue, recipient(message),
                message.template.isEmpty ? "-" : message.template, Timestamp.text(message.due), "\(message.attempts)",
                message.reason ?? "",
            ])
        }
        return table.text
    }

    private static func recipient(_ message: StoredMessage) -> String {
        (try? JSONValue.parse(message.document))?["to"]?.string ?? message.addressKey
    }

    static func story(_ message: StoredMessage, _ events: [Event]) -> String {
        var facts = Table([
            ("MESSAGE \(message.id)", .left),
            (message.state.rawValue + (message.reason.map { " (\($0))" } ?? ""), .left),
        ])
        func fact(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { facts.add([name, text]) }
        }
        fact("to", recipient(message))
        fact("channel", message.channel.rawValue)
        fact("brand", message.brand)
        fact("template", message.template)
        fact("category", message.category)
        fact("key", message.key)
        fact("customer", message.customer)
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

    static func json(_ message: StoredMessage, events: [Event]? = nil) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", message.id)
        if let key = message.key { writer.member("key", key) }
        writer.member("state", message.state.rawValue)
        if let reason = message.reason { writer.member("reason", reason) }
        writer.member("channel", message.channel.rawValue)
        writer.member("to", recipient(message))
        writer.member("brand", message.brand)
        writer.member("category", message.category)
        if !message.template.isEmpty { writer.member("template", message.template) }
        if let customer = message.customer { writer.member("customer", customer) }
        writer.member("priority", message.priority)
        writer.member("attempts", message.attempts)
        writer.member("accepted_at", Timestamp.text(message.acceptedAt))
        writer.member("due", Timestamp.text(message.due))
        if let expires = message.expires { writer.member("expires", Timestamp.text(expires)) }
        if let finished = message.finishedAt { writer.member("finished_at", Timestamp.text(finished)) }
        if let events {
            writer.name("events")
            writer.beginArray()
            for event in events {
                writer.beginObject()
                writer.member("at", Timestamp.text(event.at))
                writer.member("kind", event.kind.rawValue)
                if let started = event.startedAt { writer.member("started_at", Timestamp.text(started)) }
                if let transport = event.transport, !transport.isEmpty { writer.member("transport", transport) }
                if let detail = event.detail { writer.member("detail", detail) }
                writer.endObject()
            }
            writer.endArray()
            if let document = try? JSONValue.parse(message.document) { writer.member("document", document) }
        }
        writer.endObject()
        return writer.text
    }
}
