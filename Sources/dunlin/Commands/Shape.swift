import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct Shape: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The backlog by age, as qshape shows it for Postfix.",
        discussion: "Due messages only. Columns are minutes since they were due."
    )

    enum Column: String, ExpressibleByArgument, CaseIterable {
        case domain, channel, template, brand, reason
    }

    @OptionGroup var options: CommonOptions

    @Option(help: "What the rows are.")
    var by = Column.domain

    @Option(help: "How many rows at most.")
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await withApp(options) { app in
            let rows = try await app.queue.shape(by: by.rawValue, now: app.clock.now())
            Console.print(json ? Shape.json(rows) : Shape.text(rows, by: by, limit: limit))
            guard !json, by == .domain || by == .brand else { return }
            let report = try await app.queue.status(now: app.clock.now())
            if report.limits.contains(where: { $0.parked > 0 }) { Console.print("\n" + LaneTables.limits(report)) }
        }
    }

    static func text(_ rows: [(name: String, buckets: [Int64])], by column: Column, limit: Int) -> String {
        guard !rows.isEmpty else { return "Nothing is due." }
        var table = Table(
            [(column.rawValue.uppercased(), .left), ("TOTAL", .right)] + AgeBucket.titles.map { ($0, .right) }
        )
        func add(_ name: String, _ buckets: [Int64]) {
            table.add([name, Words.count(buckets.reduce(0, +))] + buckets.map { $0 == 0 ? "." : Words.count($0) })
        }
        add("TOTAL", AgeBucket.titles.indices.map { bucket in rows.reduce(0) { $0 + $1.buckets[bucket] } })
        for row in rows.prefix(max(0, limit)) { add(row.name.isEmpty ? "-" : row.name, row.buckets) }
        return table.text + (rows.count > limit ? "\n(+\(rows.count - limit) more; see --limit)" : "")
    }

    static func json(_ rows: [(name: String, buckets: [Int64])]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.member("name", row.name)
            writer.member("total", row.buckets.reduce(0, +))
            writer.name("minutes")
            writer.beginObject()
            for (title, count) in zip(AgeBucket.titles, row.buckets) { writer.member(title, count) }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}
