import ArgumentParser
import JSON
import Messaging
import Storage

struct SpendingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spending",
        abstract: "What texts have cost by day, provider and brand, and what those that wait will cost.",
        discussion: """
            It counts what transports with a 'price' have accepted. 'spend_per_day' in a channel's limits is a cap that nothing \
            exceeds.
            """
    )
    @OptionGroup var options: CommonOptions
    @Option(help: "How many days, today first.")
    var days: UInt16 = 7
    @Flag(help: "Print JSON Lines of what was spent.")
    var json = false

    func run() async throws {
        try await withApp(options) { app in
            let rows = try await Spending(app.database).list(days: max(1, Int(days)), now: app.clock.now())
            guard !json else {
                for row in rows { Console.print(JSONWriter.text { row.write(to: &$0) }) }
                return
            }
            var table = Table([
                ("DAY", .left), ("TRANSPORT", .left), ("BRAND", .left), ("MESSAGES", .right), ("SEGMENTS", .right),
                ("COST", .right),
            ])
            for row in rows {
                table.add([
                    String(Timestamp.text(row.day).prefix(10)), "\(row.channel.rawValue)/\(row.transport)", row.brand,
                    Words.count(row.messages), Words.count(row.units), row.amount,
                ])
            }
            Console.print(table.isEmpty ? "Nothing was sent that has a price." : table.text)
            let estimate = try await SpendingEstimate.make(app.queue, try await app.composer())
            guard !estimate.rows.isEmpty else { return }
            var waiting = Table([("WAITING", .left), ("MESSAGES", .right), ("SEGMENTS", .right), ("WILL COST", .right)])
            for row in estimate.sorted {
                waiting.add([
                    row.brand, Words.count(row.messages), Words.count(row.segments),
                    row.costs(app.settings.prices(of: .sms)),
                ])
            }
            Console.print("\n" + waiting.text)
            if estimate.isPartial { Console.print("More wait: these are the newest.") }
        }
    }
}
