import Messaging

/// Attempts of the last hour, a bar a minute: what the transports took stands on the axis, all else on top of it.
struct ThroughputChart {
    private struct Bar {
        let minute: Int64
        let accepted: Int64
        let failed: Int64
    }

    private let bars: [Bar]
    /// The top of the scale: 1, 2 or 5 times a power of ten.
    let scale: Int64

    init(_ minutes: [StatusReport.Minute]) {
        bars = minutes.suffix(60).map { minute in
            let accepted = minute.outcomes["accepted"] ?? 0
            return Bar(
                minute: minute.number,
                accepted: accepted,
                failed: minute.outcomes.values.reduce(0, +) - accepted
            )
        }
        scale = ThroughputChart.scale(over: bars.map { $0.accepted + $0.failed }.max() ?? 0)
    }

    static func scale(over most: Int64) -> Int64 {
        var power: Int64 = 1
        while true {
            for factor in [1, 2, 5] as [Int64] where factor * power >= most && factor * power >= 2 {
                return factor * power
            }
            power *= 10
        }
    }

    var value: PageValue {
        let accepted = bars.reduce(0) { $0 + $1.accepted }
        let failed = bars.reduce(0) { $0 + $1.failed }
        let top = bars.map { $0.accepted + $0.failed }.max() ?? 0
        let summary =
            "In the last hour \(Words.count(accepted)) accepted and \(Words.count(failed)) not accepted; "
            + "at most \(Words.count(top)) in a minute."
        let width = 100 / Double(max(bars.count, 1))
        return [
            "title": "Attempts a minute over the last hour", "summary": .text(summary),
            "bars": bars.enumerated().list { index, bar in
                let height = Double(bar.accepted) / Double(scale) * 100
                let failedHeight = Double(bar.failed) / Double(scale) * 100
                return [
                    "x": .text(Words.percent(Double(index) * width + width * 0.12)),
                    "width": .text(Words.percent(width * 0.78)), "y": .text(Words.percent(100 - height)),
                    "height": .text(Words.percent(height)),
                    "failed_y": .text(Words.percent(100 - height - failedHeight)),
                    "failed_height": .text(Words.percent(failedHeight)),
                    "title": .text(
                        "\(ThroughputChart.clock(bar.minute)): \(Words.count(bar.accepted)) accepted, "
                            + "\(Words.count(bar.failed)) not accepted"
                    ),
                ]
            },
            "grid": [
                ["y": "0%", "label": .text(Words.count(scale))], ["y": "50%", "label": .text(half)],
            ],
            "ticks": ticks,
        ]
    }

    private var half: String {
        scale % 2 == 0 ? Words.count(scale / 2) : "\(scale / 2).5"
    }

    private var ticks: PageValue {
        guard let first = bars.first, let last = bars.last else { return [] }
        let middle = bars[bars.count / 2]
        return [
            ["x": "0%", "label": .text(ThroughputChart.clock(first.minute)), "anchor": "start"],
            ["x": "50%", "label": .text(ThroughputChart.clock(middle.minute)), "anchor": "middle"],
            ["x": "100%", "label": .text(ThroughputChart.clock(last.minute)), "anchor": "end"],
        ]
    }

    /// `14:05`, UTC.
    private static func clock(_ minute: Int64) -> String {
        String(Words.time(minute * 60_000).dropFirst(11).prefix(5))
    }
}
