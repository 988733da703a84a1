import ArgumentParser
import JSON
import Messaging
import Storage

struct LaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lane",
        abstract: "The ways out: how they stand; pause and resume them.",
        discussion: """
            A lane is named by its channel, or by channel and transport, such as sms or sms/twilio; 'all' stands for every \
            channel.
            """,
        subcommands: [List.self, Pause.self, Resume.self]
    )

    /// `sms`, `sms/twilio`, or `all`.
    static func parse(_ text: String, _ settings: MessagingSettings) throws -> ([Channel], String?) {
        if text == "all" { return (Channel.allCases, nil) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let channel = parts.first.flatMap(Channel.init(named:)) else {
            let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no channel '\(parts.first ?? "")'; known: all, \(known).")
        }
        guard parts.count > 1 else { return ([channel], nil) }
        let names = settings.settings(for: channel)?.transports.map(\.name) ?? []
        guard names.contains(parts[1]) else {
            throw ValidationError(
                "\(channel.rawValue) has no transport '\(parts[1])'; it has: \(names.joined(separator: ", "))."
            )
        }
        return ([channel], parts[1])
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List lanes and limits as their worker last told of them, and the orders that hold."
        )
        @OptionGroup var options: CommonOptions
        @Flag(help: "Print JSON Lines: lanes, then limits, then orders.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let report = try await app.queue.status(now: app.clock.now())
                guard !json else {
                    for lane in report.lanes {
                        Console.print(JSONWriter.text { lane.write(to: &$0, isWorking: report.isWorking) })
                    }
                    for limit in report.limits { Console.print(JSONWriter.text { limit.write(to: &$0) }) }
                    for order in report.orders { Console.print(JSONWriter.text { order.write(to: &$0) }) }
                    return
                }
                Console.print(
                    report.lanes.isEmpty
                        ? "No worker has told of its lanes yet: start 'dunlin serve'." : LaneTables.lanes(report)
                )
                if !report.limits.isEmpty { Console.print("\n" + LaneTables.limits(report)) }
                for order in report.orders { Console.print(order.words(now: app.clock.now())) }
            }
        }
    }

    /// Whom an order is about.
    struct Subject: ParsableArguments {
        @Argument(help: "Such as sms, sms/twilio or all.")
        var lane: String
        @Option(help: "Only this brand's messages on the channel.")
        var brand: String?
        @Option(
            help:
                "Only messages to this recipient domain (with those that share its limit), or under the limit so named."
        )
        var domain: String?
        @Option(help: "Only messages of this category: transactional or commercial.")
        var category: String?
        @Option(help: "Only messages of this template.")
        var template: String?

        /// One for each channel.
        func orders(_ settings: MessagingSettings, reason: String = "") throws -> [Messaging.Pause] {
            let (channels, name) = try LaneCommand.parse(lane, settings)
            guard [name, brand, domain].compactMap(\.self).count <= 1 else {
                throw ValidationError("Name one: a lane (sms/twilio), --brand or --domain.")
            }
            if domain != nil, channels != [.email] { throw ValidationError("--domain is for email.") }
            if name != nil || domain != nil, category != nil || template != nil {
                throw ValidationError(
                    "--category and --template go with a channel or a brand, not with a lane or a domain."
                )
            }
            do { try OptOut.Scope(category: category).check(brands: []) } catch {
                throw ValidationError("\(error.message).")
            }
            if let brand, !settings.brandNames.contains(brand) {
                let known = settings.brandNames.joined(separator: ", ")
                throw ValidationError("There is no brand '\(brand)'; known: \(known).")
            }
            return channels.map { channel in
                Messaging.Pause(
                    channel,
                    lane: name,
                    brand: brand,
                    domain: domain?.lowercased(),
                    category: category,
                    template: template,
                    reason: reason,
                    by: Console.user
                )
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing, or less: over a lane, for a brand, to a domain, of a category; the rest waits.",
            discussion: """
                What is on the wire ends; what arrives meanwhile waits too. While one lane of several is paused, the next takes \
                its messages. A worker that runs notices within a second.
                """
        )
        @OptionGroup var options: CommonOptions
        @OptionGroup var subject: Subject
        @Option(help: "Why: lists, the audit log and the page show it.")
        var reason: String
        @Option(name: .customLong("for"), help: "How long, such as 30m or 2h (default: until it is resumed).")
        var duration: String?
        @Option(name: .customLong("from"), help: "When it begins, such as 2026-12-24T18:00:00Z (default: now).")
        var begins: String?
        @Option(help: "What may still go, such as 10/s or 100/h (default: nothing).")
        var rate: String?

        func run() async throws {
            let span = try duration.map { text in
                guard let span = TimeSpan(text) else {
                    throw ValidationError("'\(text)' is no time: write it like 30m or 2h.")
                }
                return span
            }
            let start = try begins.map { text in
                guard let time = Timestamp.parse(text) else {
                    throw ValidationError("'\(text)' is no time: write it like 2026-12-24T18:00:00Z.")
                }
                return time
            }
            let pace = try rate.map { text in
                guard let rate = RateSettings(text) else {
                    throw ValidationError("'\(text)' is no rate: write it like 10/s, 600/min or 100/h.")
                }
                return rate
            }
            if pace != nil, subject.category != nil || subject.template != nil {
                throw ValidationError("--rate is for lanes, brands and domains.")
            }
            try await withApp(options, creates: true) { app in
                for var order in try subject.orders(app.settings, reason: reason) {
                    order.rate = pace
                    order.begins = start ?? app.clock.now()
                    order.until = span.map { order.begins + $0.milliseconds }
                    try await Pauses(app.queue).put(order)
                    Console.print(order.words(now: app.clock.now()))
                }
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a pause: what it kept goes again.")
        @OptionGroup var options: CommonOptions
        @OptionGroup var subject: Subject

        func run() async throws {
            try await withApp(options) { app in
                let orders = try subject.orders(app.settings)
                var ended: [String] = []
                for order in orders where try await Pauses(app.queue).resume(order, by: Console.user) {
                    ended.append(order.subject)
                }
                guard !ended.isEmpty else {
                    let subject = orders.first?.subject ?? ""
                    throw Failure(.data, "\(subject) is not paused: see 'dunlin lane list'")
                }
                for subject in ended { Console.print("\(subject) sends again.") }
            }
        }
    }
}
