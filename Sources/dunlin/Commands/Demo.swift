import ArgumentParser
import Foundation
import JSON
import Logging
import Messaging
import Storage

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A tour in a temporary folder: reminders in every tone, written to an outbox.",
        discussion: "Touches nothing else. The folder stays, so that you can look at what was written."
    )

    func run() async throws {
        let folder = try Demo.temporaryFolder()
        var configuration = Configuration()
        configuration.database = "sqlite:\(folder)/dunlin.sqlite"
        configuration.folder = folder
        let app = try await App.open(configuration, verbose: false)
        defer { app.close() }
        let reader = try await app.reader()
        let messages = try Demo.lines(try await app.composer()).map { try reader.read($0) }

        Console.print(Console.style("1. Accept", .bold))
        let receipts = try await app.queue.enqueue(messages)
        Console.print(
            "   \(receipts.count) reminders for invoices of eight customers, in three tones. They would survive a power failure."
        )
        Console.print(Console.style("2. One customer says no", .bold))
        let no = OptOuts.Entry(
            addressKey: try Recipient.key(of: Demo.customers[7].1),
            address: Demo.customers[7].1,
            source: "demo"
        )
        _ = try await app.optOuts.add([no], by: Console.user)
        Console.print("   \(Demo.customers[7].1) opted out of everything.")
        Console.print(Console.style("3. Send", .bold))
        var quiet = app.logger
        quiet.logLevel = .error
        let worker = try await Worker(
            app,
            .init(name: "dunlin demo", untilEmpty: true),
            housekeeping: false,
            logger: quiet
        )
        try await worker.run()
        Console.print(
            "   Every message went through its gate, was rendered in the brand's tone, and written to the outbox.\n"
        )
        let report = try await app.queue.status(now: app.clock.now())
        Console.print(StatusText.page(report))
        let sample = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/outbox"))?.sorted().first ?? ""
        Console.print(
            """

            Look around:
              less \(folder)/outbox/\(sample)
              cd \(folder) && dunlin message list --limit 5
              cd \(folder) && dunlin message list --state blocked
              cd \(folder) && dunlin message show 1
              dunlin template preview invoice-overdue-first --tone formal
            Then: 'dunlin init' writes a configuration; one line in it names your mail server.
            """
        )
    }

    /// A new one, for us alone.
    private static func temporaryFolder() throws -> String {
        var template = Array((NSTemporaryDirectory() + "/dunlin-demo-XXXXXX").replacing("//", with: "/").utf8CString)
        guard let path = mkdtemp(&template) else { throw Failure(.cannotCreate, "no temporary folder can be made") }
        return String(cString: path)
    }

    private static let customers = [
        ("Ada Lovelace", "ada@example.com"), ("Grace Hopper", "grace@example.org"),
        ("Søren Kierkegaard", "soren@example.net"),
        ("Σοφία Κόρη", "sofia@example.com"), ("山田 太郎", "taro@example.org"), ("Олена Пчілка", "olena@example.net"),
        ("فاطمة الفهرية", "fatima@example.com"), ("Alan Turing", "alan@example.org"),
    ]

    /// One message for each template, tone and customer, made from the templates' samples.
    private static func lines(_ composer: Composer) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for set in composer.templates.sets.values.sorted(by: { $0.name < $1.name }) {
            for tone in set.variants.keys.sorted() {
                for (name, address) in customers {
                    var writer = JSONWriter()
                    writer.beginObject()
                    writer.member("key", "\(set.name)/\(tone)/\(address)")
                    writer.member("channel", "email")
                    writer.member("to", "\(name) <\(address)>")
                    writer.member("template", set.name)
                    writer.member("tone", tone)
                    writer.name("vars")
                    writer.beginObject()
                    for (key, value) in set.sample.members where key.string != "customer" {
                        writer.member(key.string ?? "", value)
                    }
                    writer.name("customer")
                    writer.beginObject()
                    writer.member("name", name)
                    writer.endObject()
                    writer.endObject()
                    writer.endObject()
                    lines.append(writer.bytes)
                }
            }
        }
        return lines
    }
}
