import Curl
import Logging
import Storage
import Synchronization

/// Posts news to subscribers, signed, a few at a time to each. An endpoint that fails is left alone for a while, without
/// a word to it; one that answers 410, or has failed for days, is disabled.
final class SubscriberTransport: Transport {
    let name = "subscribers"
    let parallelism = 64
    private let subscriptions: Subscriptions
    private let allowsPrivate: Bool
    private let timeoutMilliseconds: Int
    private let thread: NetworkThread
    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// Posts to one subscriber at a time.
    static let mostAtOnce = 8
    /// Milliseconds until what a busy endpoint has no room for comes again, so that it takes no room from the others.
    static let rest: Int64 = 500
    /// After so long without a success, milliseconds, a subscription is disabled.
    static let patience: Int64 = 5 * 86_400_000

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        var endpoints: [Int64: Endpoint] = [:]
        var underway = Underway()
    }

    /// How it stands with one subscriber.
    private struct Endpoint {
        var underway = 0
        var waiting: [Delivery] = []
        var failures = 0
        /// Monotonic nanoseconds before which nothing is sent there.
        var restsUntil: UInt64 = 0
    }

    init(
        subscriptions: Subscriptions,
        allowsPrivate: Bool,
        timeoutMilliseconds: Int = 15_000,
        thread: NetworkThread,
        clock: WallClock,
        logger: Logger
    ) {
        self.subscriptions = subscriptions
        self.allowsPrivate = allowsPrivate
        self.timeoutMilliseconds = timeoutMilliseconds
        self.thread = thread
        self.clock = clock
        self.logger = logger
    }

    var connections: Int { state.withLock { $0.underway.count } }

    func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        state.withLock { state in
            state.report = report
        }
    }

    func deliver(_ deliveries: [Delivery]) {
        var ended: [DeliveryReport] = []
        for delivery in deliveries {
            guard case .event(let event) = delivery.payload else {
                let outcome = Outcome.rejected(.unsupported, "\(name) carries events only")
                ended.append(DeliveryReport(id: delivery.handOff.id, .outcome(outcome)))
                continue
            }
            switch place(delivery, event.subscription, now: MonotonicClock.now()) {
            case .send: begin(delivery, event)
            case .wait: break
            case .rest(let milliseconds):
                let outcome = Outcome.retry(
                    .connection,
                    "the endpoint has failed before and rests",
                    after: milliseconds
                )
                ended.append(DeliveryReport(id: delivery.handOff.id, .outcome(outcome)))
            }
        }
        report(ended)
    }

    private enum Place { case send, wait, rest(Int64) }

    private func place(_ delivery: Delivery, _ subscription: Int64, now: UInt64) -> Place {
        state.withLock { state in
            var endpoint = state.endpoints[subscription] ?? Endpoint()
            defer { state.endpoints[subscription] = endpoint }
            if now < endpoint.restsUntil { return .rest(Int64((endpoint.restsUntil - now) / 1_000_000) + 1) }
            // While it fails, one tries for all.
            guard endpoint.underway < (endpoint.failures > 0 ? 1 : SubscriberTransport.mostAtOnce) else {
                guard endpoint.waiting.count < SubscriberTransport.mostAtOnce else {
                    return .rest(SubscriberTransport.rest)
                }
                endpoint.waiting.append(delivery)
                return .wait
            }
            endpoint.underway += 1
            state.underway.begin(delivery.handOff.id)
            return .send
        }
    }

    private func begin(_ delivery: Delivery, _ event: Delivery.EventPayload) {
        Task {
            guard MonotonicClock.now() <= delivery.startBy else { return end(delivery, event.subscription, .stale) }
            do {
                guard let subscription = try await subscriptions.find(event.subscription) else {
                    return end(delivery, event.subscription, .outcome(.rejected(.permanent, "unsubscribed")))
                }
                guard subscription.state == .active else {
                    let why = "the subscription is disabled: \(subscription.reason ?? "")"
                    return end(delivery, event.subscription, .outcome(.rejected(.policy, why)))
                }
                post(delivery, event, subscription)
            } catch {
                end(delivery, event.subscription, .outcome(.retry(.storage, "\(error)")))
            }
        }
    }

    private func post(_ delivery: Delivery, _ event: Delivery.EventPayload, _ subscription: Subscription) {
        let id = "msg_\(delivery.handOff.id)"
        let timestamp = clock.now() / 1000
        var request = HTTPRequest(
            url: subscription.url,
            headers: [
                ("Content-Type", "application/json"), ("User-Agent", "Dunlin"), ("webhook-id", id),
                ("webhook-timestamp", "\(timestamp)"),
                (
                    "webhook-signature",
                    WebhookSignature.sign(id: id, timestamp: timestamp, body: event.body, secret: subscription.secret)
                ),
            ],
            body: event.body
        )
        request.totalMilliseconds = timeoutMilliseconds
        request.allowsPrivateAddresses = allowsPrivate
        thread.send(request) { [self] result in
            let (outcome, isGone) = SubscriberTransport.outcome(result)
            Task { await note(outcome, isGone: isGone, subscription) }
            end(delivery, subscription.id, .outcome(outcome))
        }
    }

    /// Anything but 2xx is a failure, redirects too; a repeated delivery carries the same `webhook-id`, so nothing is uncertain.
    static func outcome(_ result: Result<HTTPAnswer, HTTPFailure>) -> (outcome: Outcome, isGone: Bool) {
        switch result {
        case .success(let answer) where (200..<300).contains(answer.status):
            return (.accepted("\(answer.status)"), false)
        case .success(let answer) where answer.status == 410:
            return (.rejected(.permanent, "410: the endpoint is gone"), true)
        case .success(let answer):
            let words = String(decoding: answer.body.prefix(200), as: UTF8.self)
            let after = answer.retryAfter.map { Int64(min(max($0, 0), 86_400)) * 1000 }
            return (.retry(.temporary, "\(answer.status) \(words)", after: after), false)
        case .failure(let failure):
            let reason: Outcome.Reason =
                switch failure.reason {
                case .tls: .tls
                case .timeout: .timeout
                case .privateAddress: .policy
                case .connect, .broken, .aborted, .late: .connection
                }
            return (.retry(reason, failure.description), false)
        }
    }

    /// Keeps since when an endpoint has failed, and disables it when that is too long.
    private func note(_ outcome: Outcome, isGone: Bool, _ subscription: Subscription) async {
        do {
            if isGone {
                try await subscriptions.disable(subscription.id, "the endpoint answered 410 Gone")
            } else if case .accepted = outcome {
                if subscription.failingSince != nil { try await subscriptions.noteSuccess(subscription.id) }
            } else if let since = subscription.failingSince {
                guard clock.now() - since >= SubscriberTransport.patience else { return }
                try await subscriptions.disable(
                    subscription.id,
                    "no delivery has succeeded since \(Timestamp.text(since))"
                )
            } else {
                try await subscriptions.noteFailure(subscription.id)
            }
        } catch {
            logger.warning("how a subscriber answers could not be written: \(error)")
        }
    }

    private func end(_ delivery: Delivery, _ subscription: Int64, _ result: DeliveryReport.Result) {
        let (isOurs, next, closing) = state.withLock { state in
            let (isOurs, closing) = state.underway.end(delivery.handOff.id)
            guard isOurs else { return (false, [] as [Delivery], closing) }
            var endpoint = state.endpoints[subscription] ?? Endpoint()
            endpoint.underway -= 1
            switch result {
            case .outcome(.accepted): endpoint.failures = 0
            case .outcome(.retry):
                endpoint.failures += 1
                let wait = UInt64(1_000_000_000) << UInt64(min(endpoint.failures - 1, 8))
                endpoint.restsUntil = MonotonicClock.now() + wait
            default: break
            }
            // What waits for an endpoint that fails is not kept waiting here.
            let next = endpoint.failures > 0 ? endpoint.waiting : Array(endpoint.waiting.prefix(1))
            endpoint.waiting.removeFirst(next.count)
            let isForgotten = endpoint.underway == 0 && endpoint.failures == 0 && next.isEmpty
            state.endpoints[subscription] = isForgotten ? nil : endpoint
            return (true, next, closing)
        }
        guard isOurs else { return }
        report([DeliveryReport(id: delivery.handOff.id, result, sign: .working)])
        if !next.isEmpty { deliver(next) }
        closing?.resume()
    }

    private func report(_ reports: [DeliveryReport]) {
        guard !reports.isEmpty else { return }
        state.withLock { $0.report }?(reports)
    }

    func withdraw() {
        let waiting = state.withLock { state in
            var waiting: [Delivery] = []
            for id in state.endpoints.keys {
                waiting += state.endpoints[id]?.waiting ?? []
                state.endpoints[id]?.waiting = []
            }
            return waiting
        }
        report(waiting.map { DeliveryReport(id: $0.handOff.id, .outcome(.putBack)) })
    }

    func abort() {
        withdraw()
        let (cut, closing) = state.withLock { $0.underway.cut() }
        report(cut.map { DeliveryReport(id: $0, .outcome(.uncertain(.connection, "cut by the stop"))) })
        closing?.resume()
    }

    func close() async {
        withdraw()
        await withCheckedContinuation { continuation in
            if !state.withLock({ $0.underway.wait(continuation) }) { continuation.resume() }
        }
    }
}
