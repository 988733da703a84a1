import Foundation
import Messaging

/// The table of `work --profile`.
struct Profile {
    let text: String

    /// - Parameter network: processor time of the network thread, nanoseconds.
    init(_ summary: Dispatcher.Summary, network: UInt64) {
        let messages = summary.attempts.values.reduce(0, +)
        var table = Table([("PHASE", .left), ("CPU", .right), ("PER MESSAGE", .right)])
        func row(_ name: String, _ nanoseconds: UInt64) {
            let each = messages == 0 ? 0 : Double(nanoseconds) / Double(messages) / 1000
            table.add([name, String(format: "%.2f s", Double(nanoseconds) / 1e9), String(format: "%.1f µs", each)])
        }
        let phases = summary.phases.merging(["network": network]) { $1 }
        for (phase, nanoseconds) in phases.sorted(by: { $0.value > $1.value }) { row(phase, nanoseconds) }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let total =
            UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000_000
            + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
        row("commit, kernel, start", total - min(total, phases.values.reduce(0, +)))
        row("all of it", total)
        text = "\(messages) attempts, \(usage.ru_maxrss / 1024) MiB at most\n\(table.text)"
    }
}
