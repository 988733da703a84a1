import Curl
import Storage
import Synchronization

/// A way out over HTTP: so many requests at a time, each a delivery, what is beyond them waits here for its turn.
final class HTTPTransport: Transport {
    let name: String
    let parallelism: Int
    let limit: RateLimit?
    let price: Price?
    private let provider: any HTTPProvider
    private let thread: NetworkThread
    private let clock: WallClock
    private let owner: @Sendable (String) async -> Int64?
    private let now: @Sendable () -> UInt64
    private let state = Mutex(State())

    /// What an inquiry has found holds so long, nanoseconds: its message goes within a hand-off or two.
    private static let clearance: UInt64 = 10_000_000_000
    /// After so many connections that stood too late it is a failure, which is retried later and later.
    static let mostLates = 5

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        var waiting: [Delivery] = []
        /// Where the next of ``waiting`` stands.
        var next = 0
        var underway = Underway()
        /// Messages of which it was found, and when, that no earlier attempt has arrived.
        var cleared: [Int64: UInt64] = [:]
        /// How often in a row each message's connection stood too late.
        var lates: [Int64: Int] = [:]

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
    ///   - now: monotonic nanoseconds.
    init(
        name: String,
        connections: Int,
        limit: RateLimit? = nil,
        price: Price? = nil,
        provider: some HTTPProvider,
        thread: NetworkThread,
        clock: WallClock,
        owner: @escaping @Sendable (String) async -> Int64? = { _ in nil },
        now: @escaping @Sendable () -> UInt64 = { MonotonicClock.now() }
    ) {
        self.name = name
        parallelism = connections
        self.limit = limit
        self.price = price
        self.provider = provider
        self.thread = thread
        self.clock = clock
        self.owner = owner
        self.now = now
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
            state.underway.begin(delivery.handOff.id)
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
        guard now() <= delivery.startBy else { return .stale }
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
        let now = now()
        state.withLock { state in
            state.cleared = state.cleared.filter { now - $0.value < HTTPTransport.clearance }
            state.cleared[delivery.handOff.id] = now
        }
        if let ended = post(delivery, parts) { end(delivery, ended) }
    }

    /// Whether it was found a moment ago that no earlier attempt has arrived.
    private func isCleared(_ delivery: Delivery) -> Bool {
        state.withLock { $0.cleared[delivery.handOff.id] }
            .map { now() - min($0, now()) < HTTPTransport.clearance } ?? false
    }

    private func post(_ delivery: Delivery, _ parts: Delivery.PartsPayload) -> End? {
        guard state.withLock({ $0.underway.contains(delivery.handOff.id) }) else { return nil }
        guard now() <= delivery.startBy else { return .stale }
        var request: HTTPRequest
        do {
            request = try provider.request(for: delivery, parts, now: clock.now() / 1000)
        } catch {
            return .verdict(HTTPVerdict(error.outcome, nil))
        }
        request.startBy = delivery.startBy
        let sent = request
        thread.send(request) { [self] result in
            if case .failure(let failure) = result, failure.reason == .late { return warmUp(sent, for: delivery) }
            state.withLock { state in
                state.cleared[delivery.handOff.id] = nil
                state.lates[delivery.handOff.id] = nil
            }
            switch result {
            case .success(let answer): end(delivery, provider.verdict(answer, now: clock.now() / 1000))
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

    /// The connection stood when the hand-off had ended, and libcurl does not keep it: another is opened, by a request that
    /// asks for nothing (RFC 9110, 9.3.2), and the delivery finds it after its next hand-off.
    private func warmUp(_ request: HTTPRequest, for delivery: Delivery) {
        let lates = state.withLock { state in
            state.lates[delivery.handOff.id, default: 0] += 1
            return state.lates[delivery.handOff.id] ?? 0
        }
        guard lates < HTTPTransport.mostLates else {
            state.withLock { $0.lates[delivery.handOff.id] = nil }
            let words = "it takes too long until a connection stands"
            let sign: Breaker.Sign? = provider.hasOwnEndpoint ? .connectFailed(words) : nil
            return end(delivery, HTTPVerdict(.retry(.timeout, words), sign))
        }
        var empty = HTTPRequest(url: HTTPTransport.origin(of: request.url), headers: [], body: [])
        empty.method = .head
        empty.totalMilliseconds = request.totalMilliseconds
        empty.allowsPrivateAddresses = request.allowsPrivateAddresses
        empty.caFile = request.caFile
        thread.send(empty) { [self] _ in end(delivery, .stale) }
    }

    /// `https://example.com:8443/`, without user, path and query.
    private static func origin(of url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return url }
        return url[..<start.upperBound] + url[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" } + "/"
    }

    private func end(_ delivery: Delivery, _ verdict: HTTPVerdict) { end(delivery, .verdict(verdict)) }

    private func end(_ delivery: Delivery, _ end: End) {
        finish(delivery, end)
        pump()
    }

    /// Reports an end, unless the stop has cut it before.
    private func finish(_ delivery: Delivery, _ end: End) {
        let (isOurs, closing) = state.withLock { $0.underway.end(delivery.handOff.id) }
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
