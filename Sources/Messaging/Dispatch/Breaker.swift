import Foundation

/// Stops a lane that is at fault itself, tries it with one message from time to time, and closes again when that goes.
///
/// Time is monotonic nanoseconds.
public struct Breaker: Sendable {
    public enum State: Sendable, Equatable {
        case closed
        /// Nothing is claimed before `until`; then one message tries.
        case open(until: UInt64)
        case probing
    }

    /// What a delivery told about the lane, beside what it told about its message.
    public enum Sign: Sendable, Equatable {
        /// The other side took or refused a message: the lane works.
        case working
        case connectFailed(String)
        /// It took the message's turn to say that it is overloaded: 421, 4.7.x.
        case congested
        /// Our credentials or our standing, not this message.
        case ourFault(String)
        /// The message was refused by policy: one says little, many say that it is us.
        case policy
        /// Too much at once; milliseconds that the other side asks the lane to wait.
        case throttled(after: Int64?)
    }

    public private(set) var state = State.closed
    /// Why it is not closed.
    public private(set) var reason: String?
    /// The other side asked to be left alone until then; 0 when it did not.
    public private(set) var restsUntil: UInt64 = 0
    private var throttlings = 0
    private var connectFailures = 0
    private var policyRefusals = 0
    private var openings = 0
    /// What was reported of late, each counting less the longer it is ago.
    private var recent = (bad: 0.0, all: 0.0, at: UInt64(0))

    /// Connection failures in a row that open it.
    static let connectLimit = 3
    /// So many connection failures of late open it when they are half of all that was reported; nanoseconds.
    static let failing = (least: 10.0, part: 0.5, memory: 30e9)
    /// Policy refusals in a row that open it.
    static let policyLimit = 20
    /// The first wait and the longest, when the other side cannot be reached.
    static let connectWait: (first: UInt64, longest: UInt64) = (1_000_000_000, 60_000_000_000)
    /// How long a lane rests that was told to slow down without being told for how long.
    static let throttleWait: (first: UInt64, longest: UInt64) = (1_000_000_000, 60_000_000_000)
    /// The longest rest that the other side may ask for.
    static let longestRest: UInt64 = 3_600_000_000_000
    /// The same when it is our fault: a person has to act.
    static let faultWait: (first: UInt64, longest: UInt64) = (30_000_000_000, 900_000_000_000)

    public init() {}

    public var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// How many of `limit` may start now. Once the wait is over, one tries while nothing else is on its way.
    public func room(_ limit: Int, outstanding: Int, now: UInt64) -> Int {
        guard now >= restsUntil else { return 0 }
        return switch state {
        case .closed: max(0, limit - outstanding)
        case .open(let until): now >= until && outstanding == 0 ? min(1, limit) : 0
        case .probing: outstanding == 0 ? min(1, limit) : 0
        }
    }

    /// Something starts: while the breaker is not closed, that is the one that tries.
    public mutating func begin() {
        if state != .closed { state = .probing }
    }

    public mutating func take(_ sign: Sign, now: UInt64) {
        remember(sign, now: now)
        switch sign {
        case .working, .congested:
            let kept = (recent, now < restsUntil ? (restsUntil, throttlings) : (0, 0))
            self = Breaker()
            (recent, (restsUntil, throttlings)) = kept
        case .throttled(let after):
            rest(after, now: now)
        case .connectFailed(let detail):
            connectFailures += 1
            if connectFailures >= Breaker.connectLimit || isFailing || state == .probing {
                open(detail, Breaker.connectWait, now: now)
            }
        case .ourFault(let detail):
            open(detail, Breaker.faultWait, now: now)
        case .policy:
            connectFailures = 0
            policyRefusals += 1
            if policyRefusals >= Breaker.policyLimit || state == .probing {
                open("many messages in a row were refused by policy (5.7.x)", Breaker.faultWait, now: now)
            }
        }
    }

    private var isFailing: Bool {
        recent.bad >= Breaker.failing.least && recent.bad >= recent.all * Breaker.failing.part
    }

    private mutating func remember(_ sign: Sign, now: UInt64) {
        let isBad = if case .connectFailed = sign { true } else { false }
        let fade = exp(-Double(now - min(now, recent.at)) / Breaker.failing.memory)
        recent = (recent.bad * fade + (isBad ? 1 : 0), recent.all * fade + 1, now)
    }

    /// Doubles the rest with every call to slow down that comes after one; what was on the wire together counts once.
    private mutating func rest(_ after: Int64?, now: UInt64) {
        connectFailures = 0
        let asked = after.map { UInt64(max($0, 0)) * 1_000_000 }
        if now >= restsUntil { throttlings += 1 }
        let own = min(Breaker.throttleWait.longest, Breaker.throttleWait.first << UInt64(min(throttlings - 1, 10)))
        restsUntil = max(restsUntil, now + min(asked ?? own, Breaker.longestRest))
        if state == .probing { state = .closed }
    }

    /// Doubles the wait with every opening; what is reported while it is open already changes nothing.
    private mutating func open(_ detail: String, _ wait: (first: UInt64, longest: UInt64), now: UInt64) {
        reason = detail
        guard !isOpen else { return }
        let length = min(wait.longest, wait.first << UInt64(min(openings, 10)))
        openings += 1
        policyRefusals = 0
        recent = (0, 0, now)
        state = .open(until: now + length)
    }
}
