import Curl
import Storage
import Synchronization

/// A way out over HTTP: so many requests at a time, each a delivery, what is beyond them waits here for its turn.
final class HTTPTransport: Transport {
    let name: String
    let parallelism: Int
    let limit: RateLimit?
    private let provider: any HTTPProvider
    private let thread: NetworkThread
    private let clock: WallClock
    private let owner: @Sendable (String) async -> Int64?
    private let state = Mutex(State())

    /// What an inquiry has found holds so long, nanoseconds: its message goes within a hand-off or two.
    private static let clearance: UInt64 = 10_000_000_000

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        var waiting: [Delivery] = []
        /// Where the next of ``waiting`` stands.
        var next = 0
        var underway: Set<Int64> = []
        /// Messages of which it was found, and when, that no earlier attempt has arrived.
        var cleared: [Int64: UInt64] = [:]
        var closing: CheckedContinuation<Void, Never>?

        mutating func takeWaiting() -> [Delivery] {
            defer {
                waiting = []
                next = 0
            }
            return Array(waiting[next...])
        }
    }

    /// - Parameters:
    ///   - connections: requests at a time.
    ///   - owner: the message that is known by a reference of the service.
    init(
        name: String,
        connections: Int,
        limit: RateLimit? = nil,
        provider: some HTTPProvider,
        thread: NetworkThread,
        clock: WallClock,
        owner: @escaping @Sendable (String) async -> Int64? = { _ in nil }
    ) {
        self.name = name
        parallelism = connections
        self.limit = limit
        self.provider = provider
        self.thread = thread
        self.clock = clock
        self.owner = owner
    }

    /// Providers of texts count segments.
    func cost(of delivery: Delivery) -> Int {
        guard case .parts(let parts) = delivery.payload, parts.channel == .sms else { return 1 }
        return TextSegments(parts.text).count
    }

    var connections: Int { state.withLock { $0.underway.count } }

    func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        state.withLock { $0.report = report }
    }

    func deliver(_ deliveries: [Delivery]) {
        state.withLock { $0.waiting += deliveries }
        pump()
    }

    /// Begins as many as there is room for.
    private func pump() {
        while let delivery = next() {
            guard let end = begin(delivery) else { continue }
            finish(delivery, end)
        }
    }

    /// What has its turn now.
    private func next() -> Delivery? {
        state.withLock { state in
            guard state.underway.count < parallelism, state.next < state.waiting.count else { return nil }
            let delivery = state.waiting[state.next]
            state.next += 1
            if state.next == state.waiting.count || state.next > 1024 {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            state.underway.insert(delivery.handOff.id)
            return delivery
        }
    }

    /// How a delivery has ended.
    private enum End {
        case verdict(HTTPVerdict)
        /// It could not begin in time.
        case stale
    }

    /// - Returns: how it has ended already, without a request; `nil` while one is on its way.
    private func begin(_ delivery: Delivery) -> End? {
        guard case .parts(let parts) = delivery.payload else {
            let words = "\(name) does not carry \(delivery.handOff.channel.rawValue)"
            return .verdict(HTTPVerdict(.rejected(.unsupported, words), nil))
        }
        guard MonotonicClock.now() <= delivery.startBy else { return .stale }
        guard delivery.handOff.doubtSince != nil, let inquiry = provider.inquiry(about: delivery, parts) else {
            return post(delivery, parts)
        }
        guard !isCleared(delivery) else { return post(delivery, parts) }
        thread.send(inquiry) { [self] result in
            let hasOwnEndpoint = provider.hasOwnEndpoint
            switch result {
            case .failure(let failure):
                end(delivery, HTTPVerdict(failure, isIdempotent: true, hasOwnEndpoint: hasOwnEndpoint))
            case .success(let answer):
                switch provider.findings(answer, about: delivery, parts) {
                case .found(let candidates): Task { await look(candidates, delivery, parts) }
                case .neverArrived: clear(delivery, parts)
                case nil:
                    let verdict = HTTPVerdict(failure: answer, isIdempotent: true, hasOwnEndpoint: hasOwnEndpoint)
                    end(delivery, verdict.ofInquiry)
                }
            }
        }
        return nil
    }

    /// Takes the first that is no other message's.
    private func look(
        _ candidates: [HTTPFindings.Candidate],
        _ delivery: Delivery,
        _ parts: Delivery.PartsPayload
    ) async {
        for candidate in candidates {
            let owner = await owner(candidate.reference)
            guard owner == nil || owner == delivery.handOff.id else { continue }
            return end(delivery, HTTPVerdict(.accepted(candidate.detail, reference: candidate.reference)))
        }
        clear(delivery, parts)
    }

    /// The earlier attempt has not arrived: it goes now, or, should that have taken too long, at once after its next hand-off.
    private func clear(_ delivery: Delivery, _ parts: Delivery.PartsPayload) {
        let now = MonotonicClock.now()
        state.withLock { state in
            state.cleared = state.cleared.filter { now - $0.value < HTTPTransport.clearance }
            state.cleared[delivery.handOff.id] = now
        }
        if let ended = post(delivery, parts) { end(delivery, ended) }
    }

    /// Whether it was found a moment ago that no earlier attempt has arrived.
    private func isCleared(_ delivery: Delivery) -> Bool {
        state.withLock { $0.cleared[delivery.handOff.id] }
            .map { MonotonicClock.now() - $0 < HTTPTransport.clearance } ?? false
    }

    private func post(_ delivery: Delivery, _ parts: Delivery.PartsPayload) -> End? {
        let isWanted = state.withLock { state in
            let isWanted = state.underway.contains(delivery.handOff.id)
            if isWanted, MonotonicClock.now() <= delivery.startBy { state.cleared[delivery.handOff.id] = nil }
            return isWanted
        }
        guard isWanted else { return nil }
        guard MonotonicClock.now() <= delivery.startBy else { return .stale }
        var request: HTTPRequest
        do {
            request = try provider.request(for: delivery, parts, now: clock.now() / 1000)
        } catch {
            return .verdict(HTTPVerdict(error.outcome, nil))
        }
        request.startBy = delivery.startBy
        thread.send(request) { [self] result in
            switch result {
            case .success(let answer): end(delivery, provider.verdict(answer, now: clock.now() / 1000))
            case .failure(let failure) where failure.reason == .late: end(delivery, .stale)
            case .failure(let failure):
                end(
                    delivery,
                    HTTPVerdict(
                        failure,
                        isIdempotent: provider.isIdempotent,
                        hasOwnEndpoint: provider.hasOwnEndpoint
                    )
                )
            }
        }
        return nil
    }

    private func end(_ delivery: Delivery, _ verdict: HTTPVerdict) { end(delivery, .verdict(verdict)) }

    private func end(_ delivery: Delivery, _ end: End) {
        finish(delivery, end)
        pump()
    }

    /// Reports an end, unless the stop has cut it before.
    private func finish(_ delivery: Delivery, _ end: End) {
        let (isOurs, closing) = state.withLock { state in
            guard state.underway.remove(delivery.handOff.id) != nil else {
                return (false, nil as CheckedContinuation<Void, Never>?)
            }
            guard state.underway.isEmpty else { return (true, nil) }
            defer { state.closing = nil }
            return (true, state.closing)
        }
        guard isOurs else { return }
        switch end {
        case .stale: report([DeliveryReport(id: delivery.handOff.id, .stale)])
        case .verdict(let verdict):
            report([DeliveryReport(id: delivery.handOff.id, .outcome(verdict.outcome), sign: verdict.sign)])
        }
        closing?.resume()
    }

    private func report(_ reports: [DeliveryReport]) {
        guard !reports.isEmpty else { return }
        state.withLock { $0.report }?(reports)
    }

    func withdraw() {
        let waiting = state.withLock { $0.takeWaiting() }
        report(waiting.map { DeliveryReport(id: $0.handOff.id, .outcome(.putBack)) })
    }

    /// Whether what is cut has been taken is not known, unless the service knows it when it comes again.
    func abort() {
        withdraw()
        let (cut, closing) = state.withLock { state in
            defer {
                state.underway = []
                state.closing = nil
            }
            return (state.underway, state.closing)
        }
        report(cut.map { DeliveryReport(id: $0, .outcome(.uncertain(.connection, "cut by the stop"))) })
        closing?.resume()
    }

    func close() async {
        withdraw()
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.underway.isEmpty { state.closing = continuation }
                return state.underway.isEmpty
            }
            if isIdle { continuation.resume() }
        }
    }
}
