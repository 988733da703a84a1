import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "When a message may go next, and every check with its verdict."
    )

    @OptionGroup var options: CommonOptions

    @Argument(help: "The message's id, or its key.")
    var id: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await withApp(options) { app in
            let number = try await app.messageID(id)
            let now = app.clock.now()
            guard let explanation = try await app.queue.explain(number, composer: try await app.composer(), now: now)
            else {
                throw Failure(.data, "there is no message \(id)")
            }
            Console.print(json ? JSONWriter.text { explanation.write(to: &$0) } : Why.text(explanation, now: now))
        }
    }

    static func text(_ explanation: Explanation, now: Int64) -> String {
        var table = Table([("CHECK", .left), ("", .left), ("VERDICT", .left)])
        for check in explanation.checks {
            table.add([
                check.name, check.passes ? Console.style("ok", .green) : Console.style("no", .red), check.verdict,
            ])
        }
        let next: String
        if let at = explanation.next {
            next =
                at <= now
                ? "It may go now."
                : "It may go at \(Timestamp.text(at)), in \(Words.span(seconds: (at - now) / 1000))."
        } else {
            next = explanation.message.state.isFinal ? "It will not go again." : "It will not go as things stand."
        }
        return "Message \(explanation.message.id): \(next)\n\n\(table.text)"
    }
}

extension App {
    /// The number of a message that a person named by id or key. Where a key looks like a number that is another message's
    /// id, `id:` or `key:` must say which is meant.
    func messageID(_ name: String) async throws -> Int64 {
        if name.hasPrefix("id:"), let number = Int64(name.dropFirst(3)) { return number }
        let isKey = name.hasPrefix("key:")
        let byKey = try await queue.id(ofKey: isKey ? String(name.dropFirst(4)) : name)
        guard !isKey, let number = Int64(name) else {
            guard let byKey else { throw Failure(.data, "there is no message with the key '\(name)'") }
            return byKey
        }
        guard let byKey, byKey != number, try await queue.message(number) != nil else { return byKey ?? number }
        throw Failure(
            .usage,
            "\(name) is the id of one message and the key of message \(byKey): write id:\(name) or key:\(name)"
        )
    }
}
