import ArgumentParser
import JSON
import Messaging
import Storage

struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person",
        abstract: "What is kept of a person: show, export, erase and hold it; what they agree and object to.",
        subcommands: [
            Show.self, Export.self, Set.self, Merge.self, Object.self, Stop.self, Resume.self, Erase.self, Hold.self,
            Free.self, Agree.self, Withdraw.self,
        ]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is kept of a person.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let record = try await People(app.database).show(try PersonCommand.key(address, app))
                if json { return Console.print(JSONWriter.text { record.write(to: &$0) }) }
                Console.print("addresses  \(record.addresses.joined(separator: ", "))")
                Console.print("messages   \(Words.count(Int64(record.messages.count)))")
                for optOut in record.optOuts {
                    Console.print(
                        "opt-out    \(optOut.address): \(optOut.scope) (\(optOut.source), \(Timestamp.text(optOut.at)))"
                    )
                }
                for stop in record.stops {
                    let note = stop.note.map { ": \($0)" } ?? ""
                    Console.print(
                        "stop       \(stop.kind.rawValue)\(stop.brand.map { ", \($0)" } ?? "")\(note) (\(stop.by))"
                    )
                }
                for (address, known) in record.facts {
                    let words = ([known.kind?.rawValue, known.language].compactMap(\.self) + known.zones)
                    Console.print("known      \(address): \(words.joined(separator: ", "))")
                }
                if let hold = record.hold { Console.print("hold       \(hold.reason) (\(hold.by))") }
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
                for stop in record.stops { line("stop") { stop.write(to: &$0) } }
                for (_, known) in record.facts { line("known") { known.write(to: &$0) } }
                for address in record.addresses {
                    for reply in try await Replies(app.database).of(address) { line("reply") { reply.write(to: &$0) } }
                }
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

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say of an address whose it is, and which language and time zones the person has.",
            discussion: "What is not named stays as it is."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The address or phone number.")
        var address: String
        @Option(help: "personal; work: an employer's, which may read it; shared: others read it too.")
        var kind: String?
        @Option(help: "A language tag such as de: for messages that name none, and for Dunlin's own words.")
        var language: String?
        @Option(
            help: "Where they may be, such as America/New_York; may be repeated. It counts more than a number's area."
        )
        var timeZone: [String] = []

        func validate() throws {
            if kind == nil, language == nil, timeZone.isEmpty { throw ValidationError("Say what is to be set.") }
        }

        func run() async throws {
            let kind = try kind.map { text in
                guard let kind = PersonFacts.Kind(rawValue: text) else {
                    let known = PersonFacts.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("'\(text)' is no kind of address; known: \(known).")
                }
                return kind
            }
            if let language, language.wholeMatch(of: /[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*/) == nil {
                throw ValidationError("'\(language)' is no language: write a tag such as en or de-AT.")
            }
            for zone in timeZone where !TimeZones.isKnown(zone) {
                throw ValidationError("'\(zone)' is no time zone: write a name such as America/New_York.")
            }
            try await withApp(options, creates: true) { app in
                let change = PersonFacts(kind: kind, language: language, zones: timeZone)
                try await People(app.database).describe(try PersonCommand.key(address, app), change, by: Console.user)
                Console.print("Set.")
            }
        }
    }

    struct Object: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a person objects to being written to.",
            discussion: """
                Without --all it stops advertising, as they may always ask for. Reminders of what they owe may go on while that is \
                owed (GDPR, article 21(1)): with --all they stop too.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Flag(help: "Stop every message, and not only advertising.")
        var all = false
        @Option(help: "Only to this brand.")
        var brand: String?
        @Option(help: "How it was said.")
        var note: String?

        func run() async throws {
            try await stop(options, address, all ? .objectionToAll : .objection, brand: brand, note: note)
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a person must not be written to: cease, attorney or dispute.",
            discussion: """
                cease: they asked in writing to be left alone; attorney: a lawyer speaks for them; dispute: they dispute what is \
                asked of them. It covers all addresses that are known to be theirs.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Argument(help: "cease, attorney or dispute.")
        var kind: String
        @Option(help: "Only to this brand.")
        var brand: String?
        @Option(help: "How it was said, or who the lawyer is.")
        var note: String?

        func run() async throws {
            guard let kind = PersonStop.Kind(rawValue: kind), ![.objection, .objectionToAll].contains(kind) else {
                throw ValidationError("'\(kind)' is none of cease, attorney and dispute.")
            }
            try await stop(options, address, kind, brand: brand, note: note)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a stop or an objection has ended.",
            discussion: "An opt-out is another thing, and stands."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Argument(help: "cease, attorney, dispute, objection or objection_to_all.")
        var kind: String
        @Option(help: "Of this brand, as it was recorded.")
        var brand: String?

        func run() async throws {
            guard let kind = PersonStop.Kind(rawValue: kind) else {
                let known = PersonStop.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(kind)' is no stop; known: \(known).")
            }
            try await withApp(options) { app in
                let key = try PersonCommand.key(address, app)
                guard
                    try await PersonStops(app.database).end(kind, brand: brand, of: key, by: Console.user)
                else {
                    throw Failure(.data, "there is no such stop: see 'dunlin person show \(address)'")
                }
                Console.print("Ended.")
            }
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep what is kept of a person: nothing of it is erased or forgotten until the hold is ended."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String
        @Option(help: "Why, such as a court's file number.")
        var reason: String

        func run() async throws {
            try await withApp(options, creates: true) { app in
                try await LegalHolds(app.database)
                    .put(try PersonCommand.key(address, app), reason: reason, by: Console.user)
                Console.print("Held: \(reason).")
            }
        }
    }

    struct Free: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a legal hold.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "One of their addresses or phone numbers.")
        var address: String

        func run() async throws {
            try await withApp(options) { app in
                let key = try PersonCommand.key(address, app)
                guard try await LegalHolds(app.database).end(key, by: Console.user) else {
                    throw Failure(.data, "nothing holds what is kept of \(address)")
                }
                Console.print("The hold has ended.")
            }
        }
    }

    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase what was written to a person.",
            discussion: """
                Finished messages and replies go with their words, and so do the words of the evidence about messages, whose chain stays \
                whole. What they said no to stays, so that it is heeded: its address as a keyed hash, where no message is to go to it any \
                more. The proof of it, in the evidence and the audit log, stays as it is.
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
                guard let done = try await people.erase(key, caps: app.queue.longestCap, by: Console.user) else {
                    throw Failure(.data, "a legal hold keeps it: see 'dunlin person show \(address)'")
                }
                Console.print(
                    "Erased \(done.messages) messages, their replies and the words of \(done.evidence) rows of evidence."
                )
                let how = done.open == 0 ? "without the address" : "with the address, as there is still to go"
                if done.open > 0 {
                    Console.print("\(Words.messages(done.open)) are still to go: erase again when they have ended.")
                }
                Console.print(
                    "Kept: what they said no to (\(how)), the proof of that, stops and consents."
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

    fileprivate static func key(_ address: String, _ app: App) throws -> String {
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

extension AsyncParsableCommand {
    fileprivate func stop(
        _ options: CommonOptions,
        _ address: String,
        _ kind: PersonStop.Kind,
        brand: String?,
        note: String?
    ) async throws {
        try await withApp(options, creates: true) { app in
            try OptOut.Scope(brand: brand).check(brands: app.settings.brandNames)
            let key = try PersonCommand.key(address, app)
            let isNew = try await PersonStops(app.database)
                .put(kind, brand: brand, note: note, of: key, by: Console.user)
            try await app.optOuts.takeEffect()
            Console.print(isNew ? "Recorded: \(address) \(kind.words)." : "It was recorded before.")
        }
    }
}
