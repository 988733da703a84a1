import ArgumentParser
import JSON
import Messaging
import Storage

struct LaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lane",
        abstract: "The ways out: how they stand; pause and resume them.",
        discussion: "A lane is named by its channel, or by channel and transport, such as sms or sms/twilio.",
        subcommands: [List.self, Pause.self, Resume.self]
    )

    /// `sms`, or `sms/twilio`.
    static func parse(_ text: String, _ settings: MessagingSettings) throws -> (Channel, String?) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let channel = parts.first.flatMap(Channel.init(named:)) else {
            let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no channel '\(parts.first ?? "")'; known: \(known).")
        }
        guard parts.count > 1 else { return (channel, nil) }
        let names = settings.settings(for: channel)?.transports.map(\.name) ?? []
        guard names.contains(parts[1]) else {
            throw ValidationError(
                "\(channel.rawValue) has no transport '\(parts[1])'; it has: \(names.joined(separator: ", "))."
            )
        }
        return (channel, parts[1])
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List lanes as their worker last told of them, and pauses."
        )
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let report = try await app.queue.status(now: app.clock.now())
                let pauses = try await Pauses(app.queue).list(now: app.clock.now())
                var table = Table([
                    ("LANE", .left), ("STATE", .left), ("IN FLIGHT", .right), ("CONNECTIONS", .right), ("WHY", .left),
                ])
                for lane in report.lanes {
                    if json { Console.print(JSONWriter.text { lane.write(to: &$0, isWorking: report.isWorking) }) }
                    table.add([
                        "\(lane.channel.rawValue)/\(lane.name)", report.isWorking ? lane.state.rawValue : "idle",
                        "\(lane.inFlight)", "\(lane.connections)", lane.reason ?? "",
                    ])
                }
                guard !json else { return }
                Console.print(table.isEmpty ? "No worker has told of its lanes yet: start 'dunlin serve'." : table.text)
                for pause in pauses {
                    let name = pause.channel.rawValue + (pause.lane.map { "/\($0)" } ?? "")
                    let until = pause.until.map { "until \(Timestamp.text($0))" } ?? "until it is resumed"
                    Console.print("\(name) is paused \(until), by \(pause.by): \(pause.reason)")
                }
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing over a lane, or a whole channel; what arrives meanwhile waits.",
            discussion: """
                What is on the wire ends. While one lane of several is paused, the next takes its messages. A worker that runs \
                notices within a second.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "Such as sms or sms/twilio.")
        var lane: String
        @Option(help: "Why: lists, the audit log and the page show it.")
        var reason: String
        @Option(name: .customLong("for"), help: "How long, such as 30m or 2h (default: until it is resumed).")
        var duration: String?

        func run() async throws {
            let span = try duration.map { text in
                guard let span = TimeSpan(text) else {
                    throw ValidationError("'\(text)' is no time: write it like 30m or 2h.")
                }
                return span
            }
            try await withApp(options, creates: true) { app in
                let (channel, name) = try LaneCommand.parse(lane, app.settings)
                try await Pauses(app.queue).pause(
                    channel,
                    lane: name,
                    reason: reason,
                    milliseconds: span?.milliseconds,
                    by: Console.user
                )
                Console.print(
                    "\(lane) is paused \(duration.map { "for \($0)" } ?? "until 'dunlin lane resume \(lane)'")."
                )
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused lane or channel send again.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Just as it was paused, such as sms or sms/twilio.")
        var lane: String

        func run() async throws {
            try await withApp(options) { app in
                let (channel, name) = try LaneCommand.parse(lane, app.settings)
                guard try await Pauses(app.queue).resume(channel, lane: name, by: Console.user) else {
                    throw Failure(.data, "\(lane) is not paused: see 'dunlin lane list'")
                }
                Console.print("\(lane) sends again.")
            }
        }
    }
}
