import ArgumentParser
import JSON
import Messaging
import Storage

struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person",
        abstract: "What is kept of a person: show, export and erase it; make addresses one person's; record consent.",
        subcommands: [Show.self, Export.self, Merge.self, Erase.self, Agree.self, Withdraw.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is kept of a person.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String

        func run() async throws {
            try await withApp(options) { app in
                let record = try await People(app.database).show(try PersonCommand.key(address, app))
                Console.print("addresses  \(record.addresses.joined(separator: ", "))")
                Console.print("messages   \(Words.count(Int64(record.messages.count)))")
                for optOut in record.optOuts {
                    Console.print(
                        "opt-out    \(optOut.address): \(optOut.scope) (\(optOut.source), \(Timestamp.text(optOut.at)))"
                    )
                }
                for consent in record.consents {
                    let end = consent.withdrawnAt.map { ", withdrawn \(Timestamp.text($0))" } ?? ""
                    Console.print("consent    \(consent.address): \(consent.channel.rawValue), \(consent.basis)\(end)")
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Print all that is kept of a person as JSON Lines, their messages as they were given and as they read."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String

        func run() async throws {
            try await withApp(options) { app in
                let record = try await People(app.database).show(try PersonCommand.key(address, app))
                func line(_ kind: String, _ value: (inout JSONWriter) -> Void) {
                    Console.print(
                        JSONWriter.text { writer in
                            writer.beginObject()
                            writer.name(kind)
                            value(&writer)
                            writer.endObject()
                        }
                    )
                }
                for address in record.addresses { line("address") { $0.string(address) } }
                for optOut in record.optOuts { line("opt_out") { optOut.write(to: &$0) } }
                for consent in record.consents { line("consent") { consent.write(to: &$0) } }
                let composer = try await app.composer()
                for id in record.messages {
                    guard let message = try await app.queue.message(id) else { continue }
                    let events = try await app.queue.events(of: id)
                    let parts = (try? composer.parts(of: message)) ?? []
                    line("message") { writer in
                        writer.beginObject()
                        writer.member("id", id)
                        writer.member("state", message.state.rawValue)
                        writer.name("given")
                        writer.raw(message.document)
                        writer.name("reads")
                        writer.beginObject()
                        for part in parts { writer.member(part.name, part.text) }
                        writer.endObject()
                        writer.name("events")
                        writer.beginArray()
                        for event in events { event.write(to: &writer) }
                        writer.endArray()
                        writer.endObject()
                    }
                }
                let evidence = Evidence(app.database)
                for key in record.addresses {
                    try await evidence.of(addressKey: key) { row in line("evidence") { row.write(to: &$0) } }
                }
            }
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make addresses one person's: what one has said no to, all have.",
            discussion: "It is not undone: a no that has been taken over stays."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "Two or more addresses or phone numbers.")
        var addresses: [String]

        func validate() throws {
            guard addresses.count >= 2 else { throw ValidationError("Name two addresses or more.") }
        }

        func run() async throws {
            try await withApp(options, creates: true) { app in
                let keys = try addresses.map { try PersonCommand.key($0, app) }
                let all = try await People(app.database).merge(keys, by: Console.user)
                try await app.optOuts.takeEffect()
                Console.print("One person's: \(all.joined(separator: ", ")).")
            }
        }
    }

    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase what was written to a person.",
            discussion: """
                Finished messages go with their words, and so do the words of the evidence, whose chain stays whole. What they \
                said no to stays, so that it is heeded, and messages that are still to go stay until they have ended.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Flag(help: "Do it; without this nothing is erased.")
        var yes = false

        func run() async throws {
            try await withApp(options) { app in
                let key = try PersonCommand.key(address, app)
                let people = People(app.database)
                guard yes else {
                    let record = try await people.show(key)
                    throw Failure(
                        .usage,
                        "\(record.messages.count) messages to \(record.addresses.joined(separator: ", ")) would be erased: add --yes"
                    )
                }
                let done = try await people.erase(key, by: Console.user)
                Console.print(
                    "Erased \(done.messages) messages and the words of \(done.evidence) rows of evidence. "
                        + "Kept: opt-outs and consents, as the law asks for them, and \(done.open) messages that are still to go."
                )
            }
        }
    }

    struct Agree: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a person has agreed to messages of a channel.",
            discussion: "It lifts no opt-out."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The address or phone number.")
        var address: String
        @Option(help: "Such as sms.")
        var channel = "sms"
        @Option(help: "Only this brand.")
        var brand: String?
        @Option(help: "Such as written, or given_to_creditor.")
        var basis: String
        @Option(help: "What they agreed to, in the words that they were shown.")
        var wording: String?
        @Option(help: "How it reached you, such as form or contract.")
        var source: String
        @Option(help: "Where the proof is.")
        var proof: String?
        @Option(help: "When, such as 2026-11-30T09:00:00Z; now by default.")
        var at: String?

        func run() async throws {
            try await withApp(options, creates: true) { app in
                let channel = try PersonCommand.channel(channel)
                let scope = OptOut.Scope(channel: channel, brand: brand)
                try scope.check(brands: app.settings.brandNames)
                var time = app.clock.now()
                if let at {
                    guard let given = Timestamp.parse(at), given <= time else {
                        throw ValidationError("'\(at)' is no time that has been: write it like 2026-11-30T09:00:00Z.")
                    }
                    time = given
                }
                let consent = Consent(
                    addressKey: try Recipient.key(of: address, channel: channel, region: app.settings.region),
                    address: address,
                    channel: channel,
                    brand: brand,
                    basis: basis,
                    wording: wording,
                    source: source,
                    proof: proof,
                    at: time
                )
                try await Consents(app.database).give(consent, by: Console.user)
                let standing = try await app.optOuts.covering(consent.addressKey)
                Console.print("Recorded." + (standing.isEmpty ? "" : " They have opted out all the same: that stands."))
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record that a consent is withdrawn.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The address or phone number.")
        var address: String
        @Option(help: "Such as sms.")
        var channel = "sms"
        @Option(help: "Only this brand; without it, what was given for all brands and for each.")
        var brand: String?

        func run() async throws {
            try await withApp(options) { app in
                let channel = try PersonCommand.channel(channel)
                let key = try Recipient.key(of: address, channel: channel, region: app.settings.region)
                guard try await Consents(app.database).withdraw(key, channel, brand: brand, by: Console.user) else {
                    throw Failure(.data, "\(address) has given no such consent: see 'dunlin person show \(address)'")
                }
                Console.print("Withdrawn.")
            }
        }
    }

    private static func key(_ address: String, _ app: App) throws -> String {
        try Recipient.key(of: address, region: app.settings.region)
    }

    private static func channel(_ name: String) throws -> Channel {
        guard let channel = Channel(named: name) else {
            let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no channel '\(name)'; known: \(known).")
        }
        return channel
    }
}
