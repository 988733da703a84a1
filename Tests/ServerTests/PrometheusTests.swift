import Metrics
import Testing

@testable import Server

@Suite("Prometheus' text format")
struct PrometheusTests {
    @Test("counters, histograms in seconds, and sizes, with their labels")
    func families() {
        let registry = PrometheusRegistry()
        Counter(label: "dunlin_claims_total", dimensions: [("channel", "email")], factory: registry).increment(by: 3)
        Counter(label: "dunlin_claims_total", dimensions: [("channel", "email")], factory: registry).increment()
        Counter(label: "dunlin_claims_total", dimensions: [("channel", "a\"b\\c\nd")], factory: registry).increment()
        let timer = Metrics.Timer(label: "dunlin_attempt_seconds", dimensions: [], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(200_000_000)
        var text = PrometheusText()
        registry.write(to: &text)
        let lines = text.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE dunlin_claims_total counter"))
        #expect(lines.contains("# HELP dunlin_claims_total Messages that were claimed."))
        #expect(lines.contains("dunlin_claims_total{channel=\"email\"} 4"))
        #expect(lines.contains("dunlin_claims_total{channel=\"a\\\"b\\\\c\\nd\"} 1"))
        #expect(lines.contains("dunlin_attempt_seconds_bucket{le=\"0.0005\"} 0"))
        #expect(lines.contains("dunlin_attempt_seconds_bucket{le=\"0.001\"} 1"))
        #expect(lines.contains("dunlin_attempt_seconds_bucket{le=\"86400\"} 1"))
        #expect(lines.contains("dunlin_attempt_seconds_bucket{le=\"+Inf\"} 2"))
        #expect(lines.contains("dunlin_attempt_seconds_count 2"))
        #expect(lines.contains("dunlin_attempt_seconds_sum 200000.001"))
    }
}
