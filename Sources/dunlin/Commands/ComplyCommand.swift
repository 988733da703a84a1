import ArgumentParser
import JSON
import Messaging
import Storage

struct ComplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "comply",
        abstract: "Which rules are applied, and what they say of a message.",
        discussion: """
            This is software and no legal advice: every rule has a source, and a brand's 'compliance.rules' switches it. 'dunlin \
            check' names what was assumed of each brand.
            """,
        subcommands: [Rules.self, Explain.self, Figure.self]
    )

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the rules, and which apply to a brand.")
        @OptionGroup var options: CommonOptions
        @Option(help: "A brand's id; every one by default.")
        var brand: String?
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            let settings = try Configuration.load(options.config).messaging
            let names = brand.map { [$0] } ?? settings.brandNames
            for name in names where !settings.brandNames.contains(name) {
                throw Failure(
                    .data,
                    "there is no brand '\(name)'; known: \(settings.brandNames.joined(separator: ", "))"
                )
            }
            let policies = CompliancePolicies(settings.brands)
            for name in names {
                let policy = policies[name]
                if json {
                    for rule in ComplianceRule.all {
                        let own = policy.rules[rule.id]
                        Console.print(JSONWriter.text { (own ?? rule).write(to: &$0, isOn: own != nil) })
                    }
                    continue
                }
                Console.print("\(Console.style(name, .bold))")
                var table = Table([("RULE", .left), ("", .left), ("DOES", .left), ("WHAT", .left), ("SOURCE", .left)])
                for rule in ComplianceRule.all {
                    let own = policy.rules[rule.id]
                    table.add([
                        rule.id, own != nil ? Console.style("on", .green) : "-", rule.action.rawValue,
                        (own ?? rule).words, rule.source,
                    ])
                }
                Console.print(table.text)
                for assumption in policy.assumptions { Console.print("assumed: \(assumption)") }
                Console.print("")
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the rules say of a message now, and what they said when it was decided."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "A message's id or key.")
        var message: String

        func run() async throws {
            try await withApp(options) { app in
                let id = try await app.messageID(message)
                let now = app.clock.now()
                guard let found = try await app.queue.explain(id, composer: try await app.composer(), now: now) else {
                    throw Failure(.data, "there is no message '\(message)'")
                }
                for check in found.checks where ["opt-out", "rules", "expiry"].contains(check.name) {
                    let mark = check.passes ? Console.style("ok", .green) : Console.style("no", .red)
                    Console.print("now  \(mark)  \(check.name): \(check.verdict)")
                }
                for row in try await Evidence(app.database).of(message: id) {
                    Console.print("\(Timestamp.text(row.at))  \(row.kind): \(row.body ?? "(erased)")")
                }
            }
        }
    }

    struct Figure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter what a mailbox provider says itself of a brand's mail, or list that.",
            discussion: """
                Gmail reports no complaints; its Postmaster Tools show the part of a day's mail that was called spam. From 0.10 % on \
                a brand's email is slowed, from 0.25 % what advertises stops, from 0.30 % all of it does, for a day.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "Such as 0.12%; without it the figures of the last 30 days are listed.")
        var spam: String?
        @Option(help: "The brand; needed where there are several.")
        var brand: String?
        @Option(help: "The mailbox provider.")
        var provider = "google"
        @Option(help: "The day, such as 2026-11-30 (default: today).")
        var day: String?
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options, creates: spam != nil) { app in
                let reputation = Reputation(app.database)
                let now = app.clock.now()
                guard let spam else { return list(try await reputation.list(days: 30, now: now)) }
                let names = app.settings.brandNames
                guard let brand = brand ?? (names.count == 1 ? names[0] : nil) else {
                    throw ValidationError("Name the brand with --brand: \(names.joined(separator: ", ")).")
                }
                let figure = try Reputation.Figure(
                    brand: brand,
                    provider: provider,
                    day: day,
                    spam: spam,
                    brands: names,
                    now: now
                )
                try await reputation.enter(figure, by: Console.user)
                Console.print("\(brand): \(Percentage(figure.spam)) called spam at \(provider).")
            }
        }

        private func list(_ figures: [Reputation.Figure]) {
            func day(_ figure: Reputation.Figure) -> String {
                String(Timestamp.text(figure.day * 86_400_000).prefix(10))
            }
            var table = Table([("DAY", .left), ("BRAND", .left), ("PROVIDER", .left), ("SPAM", .right)])
            for figure in figures {
                if json {
                    Console.print(
                        JSONWriter.text { writer in
                            writer.beginObject()
                            writer.member("day", day(figure))
                            writer.member("brand", figure.brand)
                            writer.member("provider", figure.provider)
                            writer.member("spam", figure.spam)
                            writer.endObject()
                        }
                    )
                }
                table.add([day(figure), figure.brand, figure.provider, "\(Percentage(figure.spam))"])
            }
            if !json { Console.print(table.isEmpty ? "None was entered." : table.text) }
        }
    }
}
