import Messaging
import Metrics
import Synchronization

/// Counts what comes over HTTP. Handles are made once for each combination of labels, all of which are bounded.
final class HTTPMeasures: Sendable {
    enum Pushback: String {
        case tokenRate = "token_rate"
        case queueFull = "queue_full"
        case diskFull = "disk_full"
        case busy
    }

    private struct RequestKey: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Handles {
        var requests: [RequestKey: Counter] = [:]
        var times: [String: Metrics.Timer] = [:]
        var accepted: [Channel: Counter] = [:]
        var pushedBack: [Pushback: Counter] = [:]
    }

    /// There is one metrics system in a process.
    static let shared = HTTPMeasures()

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let handles = Mutex(Handles())
    private let accepts = Metrics.Timer(label: "dunlin_storage_seconds", dimensions: [("operation", "accept")])

    func took(method: String, route: String, status: Int, nanoseconds: UInt64) {
        let method = HTTPMeasures.methods.contains(method) ? method : "other"
        let key = RequestKey(method: method, route: route, status: status)
        handles.withLock { handles in
            let counter =
                handles.requests[key]
                ?? Counter(
                    label: "dunlin_http_requests_total",
                    dimensions: [("method", method), ("route", route), ("status", "\(status)")]
                )
            let timer =
                handles.times[route]
                ?? Metrics.Timer(label: "dunlin_http_request_seconds", dimensions: [("route", route)])
            handles.requests[key] = counter
            handles.times[route] = timer
            counter.increment()
            timer.recordNanoseconds(Int64(clamping: nanoseconds))
        }
    }

    /// Messages that were stored in one transaction, and how long that took.
    func accepted(_ results: some Sequence<(NewMessage, Receipt)>, nanoseconds: UInt64) {
        accepts.recordNanoseconds(Int64(clamping: nanoseconds))
        handles.withLock { handles in
            for (message, receipt) in results {
                guard case .accepted = receipt else { continue }
                let counter =
                    handles.accepted[message.channel]
                    ?? Counter(label: "dunlin_accepted_total", dimensions: [("channel", message.channel.rawValue)])
                handles.accepted[message.channel] = counter
                counter.increment()
            }
        }
    }

    func pushedBack(_ reason: Pushback) {
        handles.withLock { handles in
            let counter =
                handles.pushedBack[reason]
                ?? Counter(label: "dunlin_backpressure_total", dimensions: [("reason", reason.rawValue)])
            handles.pushedBack[reason] = counter
            counter.increment()
        }
    }
}
