/// How long a client may take: for the head of a request, for its body, and to read the answer.
///
/// Time is monotonic nanoseconds. What the server itself keeps a client waiting for does not count.
struct ClientPatience {
    enum Phase: Equatable {
        /// The next head must be whole by then, however slowly it trickles in.
        case head(until: UInt64)
        /// A body comes.
        case body
        /// The request has come, the answer has not gone.
        case answering
        /// The answer has gone and the connection is to end: what still comes is thrown away until then.
        case lingering(until: UInt64)
    }

    enum Verdict: Equatable {
        case fine
        /// No request came: the connection is closed without a word.
        case idle
        /// A request began and its head did not end.
        case slowHead
        case slowBody
        /// The answer is not read.
        case slowReader
    }

    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let idleTimeout: UInt64
    private(set) var phase: Phase
    private var isFirst = true
    private var bodyBytes: UInt64 = 0
    /// How long the body was waited for in all, and since when it is waited for now.
    private var waited: UInt64 = 0
    private var waitingSince: UInt64?
    private var unreadSince: UInt64?
    /// The server stops: what a request still lacks must come by then.
    private var hurryUntil: UInt64?

    /// A body may be waited for a second more for each KiB of it that came.
    static let perKiB: UInt64 = 1_000_000_000
    /// An answer that is not read for so long ends the connection.
    static let readerGrace: UInt64 = 60_000_000_000
    static let linger: UInt64 = 2_000_000_000
    /// A request that is coming when the server stops may take so long.
    static let hurry: UInt64 = 3_000_000_000

    init(headTimeout: UInt64, bodyTimeout: UInt64, idleTimeout: UInt64, now: UInt64) {
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        phase = .head(until: now + headTimeout)
    }

    mutating func headCame() {
        isFirst = false
        bodyBytes = 0
        waited = 0
        waitingSince = nil
        phase = .body
    }

    mutating func bodyCame(_ bytes: Int, now: UInt64) {
        bodyBytes += UInt64(bytes)
        stopWaiting(now)
    }

    mutating func requestEnded() {
        if phase == .body { phase = .answering }
        waitingSince = nil
    }

    /// - Parameter isNextHere: the client did not wait, and its next request has begun to come.
    mutating func answered(isLast: Bool, isNextHere: Bool = false, now: UInt64) {
        if isLast {
            phase = .lingering(until: now + ClientPatience.linger)
        } else if !isNextHere {
            phase = .head(until: now + idleTimeout)
        }
    }

    /// The body is not waited for any more: whoever reads the request has a while to answer.
    mutating func bodyGivenUp(now: UInt64) {
        phase = .lingering(until: now + ClientPatience.readerGrace)
        hurryUntil = nil
    }

    /// The server wants more of the request.
    mutating func reads(now: UInt64) {
        if phase == .body, waitingSince == nil { waitingSince = now }
    }

    mutating func hurry(now: UInt64) { hurryUntil = hurryUntil ?? now + ClientPatience.hurry }

    mutating func readability(isWritable: Bool, now: UInt64) {
        unreadSince = isWritable ? nil : unreadSince ?? now
    }

    func verdict(now: UInt64) -> Verdict {
        if let unreadSince, now >= unreadSince + ClientPatience.readerGrace { return .slowReader }
        if let hurryUntil, now >= hurryUntil, phase != .answering { return phase == .body ? .slowBody : .idle }
        switch phase {
        case .head(let until): return now < until ? .fine : isFirst ? .slowHead : .idle
        case .body:
            let waiting = waited + (waitingSince.map { now - min($0, now) } ?? 0)
            let allowed = bodyTimeout + bodyBytes / 1024 * ClientPatience.perKiB
            return waiting > allowed ? .slowBody : .fine
        case .answering: return .fine
        case .lingering(let until): return now < until ? .fine : .idle
        }
    }

    private mutating func stopWaiting(_ now: UInt64) {
        if let since = waitingSince { waited += now - min(since, now) }
        waitingSince = nil
    }
}
