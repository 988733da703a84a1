import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How things stand: depth, age, rates, lanes, problems.",
        discussion:
            "With --check, the exit status is 0 when all is well, 1 with warnings, 2 when something is critical."
    )

    @OptionGroup var options: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Show it again every two seconds.")
    var watch = false

    @Flag(help: "Print the problems only, and exit by the worst of them.")
    var check = false

    func run() async throws {
        try await withApp(options) { app in
            repeat {
                let report = try await app.queue.status(now: app.clock.now())
                if watch, Console.isTerminal { Console.write(Array("\u{1b}[H\u{1b}[2J".utf8)) }
                if json {
                    Console.print(JSONWriter.text { report.write(to: &$0) })
                } else if check {
                    Console.print(StatusText.problems(report))
                } else {
                    Console.print(StatusText.page(report))
                }
                if check {
                    if report.problems.contains(where: { $0.severity == .critical }) { throw ExitCode(2) }
                    if !report.problems.isEmpty { throw ExitCode(1) }
                }
                if watch { try await Task.sleep(for: .seconds(2)) }
            } while watch
        }
    }
}

/// A status report as text and as JSON.
enum StatusText {
    static func page(_ report: StatusReport) -> String {
        var lines: [String] = [head(report), ""]
        var states = Table(MessageState.allCases.map { ($0.rawValue.uppercased(), .right) })
        states.add(MessageState.allCases.map { Words.count(report.messages[$0] ?? 0) })
        lines += [states.text, "", sentence(report)]
        if !report.lanes.isEmpty, report.isWorking { lines += ["", LaneTables.lanes(report)] }
        if !report.limits.isEmpty, report.isWorking { lines += ["", LaneTables.limits(report)] }
        if !report.orders.isEmpty { lines += [""] + report.orders.map { $0.words(now: report.now) } }
        if !report.rates.isEmpty {
            var rates = Table([
                ("LAST HOUR", .left), ("ACCEPTED", .right), ("RETRY", .right), ("REJECTED", .right),
                ("UNCERTAIN", .right),
                ("PER MINUTE NOW", .right),
            ])
            for (channel, rate) in report.rates.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                rates.add(
                    [channel.rawValue]
                        + ["accepted", "retry", "rejected", "uncertain"].map { Words.count(rate.lastHour[$0] ?? 0) }
                        + [Words.count(Int64(rate.perMinute))]
                )
            }
            lines += ["", rates.text]
        }
        if !report.domains.isEmpty {
            var domains = Table([("BUSIEST DOMAINS", .left), ("DUE", .right)])
            for domain in report.domains {
                domains.add([domain.name.isEmpty ? "-" : domain.name, Words.count(domain.waiting)])
            }
            lines += ["", domains.text]
        }
        lines += ["", problems(report)]
        return lines.joined(separator: "\n")
    }

    private static func head(_ report: StatusReport) -> String {
        guard let node = report.node else { return Console.style("No worker has run yet.", .bold) }
        if report.isWorking {
            return Console.style(node.name, .bold) + " has been working for "
                + Words.span(seconds: (report.now - node.startedAt) / 1000)
        }
        let end = node.stoppedAt ?? node.heartbeatAt
        return Console.style("No worker runs", .bold) + "; the last one, \(node.name), "
            + (node.stoppedAt == nil ? "was last heard of " : "stopped ")
            + Words.span(seconds: (report.now - end) / 1000) + " ago"
    }

    private static func sentence(_ report: StatusReport) -> String {
        let due = report.dueByChannel.values.reduce(0, +)
        var parts = [
            due == 0
                ? "nothing is due"
                : "\(Words.count(due)) due, the oldest for \(Words.span(seconds: report.oldestWaitingSeconds))"
        ]
        let parked = report.parkedByChannel.values.reduce(0, +)
        if parked > 0 { parts.append("\(Words.count(parked)) of them kept by a limit") }
        if let drain = report.drainSeconds { parts.append("about \(Words.span(seconds: drain)) to drain") }
        parts.append(
            "\(Words.count(report.accepted)) accepted in all"
                + (report.pruned > 0 ? ", \(Words.count(report.pruned)) of them pruned" : "")
        )
        parts.append(report.sumHolds ? "the books balance" : Console.style("the books do not balance", .red))
        if report.optOuts > 0 { parts.append("\(Words.count(report.optOuts)) opt-outs") }
        return parts.joined(separator: "; ")
    }

    static func problems(_ report: StatusReport) -> String {
        guard !report.problems.isEmpty else { return Console.style("No problems.", .green) }
        return report.problems.map { problem in
            let word = Console.style(problem.severity.rawValue, problem.severity == .critical ? .red : .yellow)
            return "\(word): \(Console.harmless(problem.what))\n  → \(problem.remedy)"
        }.joined(separator: "\n")
    }
}
