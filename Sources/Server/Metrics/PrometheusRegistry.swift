public import CoreMetrics
import Synchronization

/// What swift-metrics counts in this process, kept as Prometheus wants it: counters, and histograms for timers (in seconds)
/// and recorders.
public final class PrometheusRegistry: MetricsFactory {
    /// Made once by `serve`, before anything is measured.
    public init() {}

    private struct Family {
        let kind: PrometheusText.Kind
        var cells: [(labels: PrometheusText.Labels, cell: any Cell)] = []
    }

    private let families = Mutex<[String: Family]>([:])

    /// Upper bounds in seconds: from a fast disk's write to an invoice that is a day late.
    static let seconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400,
        86_400,
    ]
    static let sizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500].map(Double.init)

    /// A cell that exists for these labels, or a new one.
    private func cell<Kind: Cell>(
        _ name: String,
        _ labels: [(String, String)],
        _ kind: PrometheusText.Kind,
        _ make: () -> Kind
    ) -> Kind {
        families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            let standing = family.cells.first { cell in
                cell.labels.elementsEqual(labels) { $0.name == $1.0 && $0.value == $1.1 }
            }
            if let standing = standing?.cell as? Kind { return standing }
            let fresh = make()
            family.cells.append((labels.map { (name: $0.0, value: $0.1) }, fresh))
            families[name] = family
            return fresh
        }
    }

    func write(to text: inout PrometheusText) {
        let families = families.withLock { $0 }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.family(name, family.kind, Measures.help[name] ?? "")
            for (labels, cell) in family.cells { cell.write(name, labels, to: &text) }
        }
    }

    // MARK: - MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions, .counter) { CounterCell() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        cell(label, dimensions, .histogram) { HistogramCell(bounds: PrometheusRegistry.sizes) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(label, dimensions, .histogram) { HistogramCell(bounds: PrometheusRegistry.seconds) }
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

private protocol Cell: Sendable {
    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText)
}

private final class CounterCell: Cell, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText) {
        text.sample(name, labels, Double(value.load(ordering: .relaxed)))
    }
}

private final class HistogramCell: Cell, RecorderHandler, TimerHandler {
    private struct State {
        /// One more than there are bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? bounds[index] : .infinity
            text.sample("\(name)_bucket", labels + [("le", PrometheusText.number(bound))], Double(total))
        }
        text.sample("\(name)_sum", labels, sum)
        text.sample("\(name)_count", labels, Double(total))
    }
}
