public import Curl
import Foundation
import Synchronization

/// Email through a relay: a pool of pipelined sessions, its answers read as outcomes.
public final class SMTPTransport: Transport {
    public let name: String
    public let parallelism: Int
    public let limit: RateLimit?
    public let domains: DomainSet?
    private let settings: SMTPSettings
    private let thread: NetworkThread
    private let state = Mutex(State())

    private struct State {
        var pool: SMTPPool?
        var report: (@Sendable ([DeliveryReport]) -> Void)?
    }

    private var pool: SMTPPool? { state.withLock { $0.pool } }

    public init(
        name: String,
        settings: SMTPSettings,
        limit: RateLimit? = nil,
        domains: DomainSet? = nil,
        thread: NetworkThread
    ) {
        self.name = name
        self.settings = settings
        self.thread = thread
        parallelism = settings.connections
        self.limit = limit
        self.domains = domains
    }

    public var connections: Int {
        get async {
            guard let pool else { return 0 }
            return await pool.snapshot.connections
        }
    }

    public func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        let pool = SMTPPool(name: name, settings: settings, thread: thread) { report($0.map(DeliveryReport.init)) }
        state.withLock { $0 = State(pool: pool, report: report) }
    }

    public func deliver(_ deliveries: [Delivery]) {
        var submissions: [SMTPSubmission] = []
        submissions.reserveCapacity(deliveries.count)
        var misled: [DeliveryReport] = []
        for delivery in deliveries {
            guard case .email(let email) = delivery.payload else {
                let outcome = Outcome.rejected(.unsupported, "\(name) carries email only")
                misled.append(DeliveryReport(id: delivery.handOff.id, .outcome(outcome)))
                continue
            }
            submissions.append(
                SMTPSubmission(
                    tag: UInt64(delivery.handOff.id),
                    sender: email.sender,
                    recipient: email.recipient,
                    needsSMTPUTF8: email.needsSMTPUTF8,
                    has8Bit: email.has8Bit,
                    data: email.bytes,
                    startBy: delivery.startBy
                )
            )
        }
        let (pool, report) = state.withLock { ($0.pool, $0.report) }
        pool?.submit(submissions)
        if !misled.isEmpty { report?(misled) }
    }

    public func withdraw() {
        pool?.withdraw()
    }

    public func close() async {
        await pool?.close()
    }

    public func abort() {
        pool?.abort()
    }
}

extension DeliveryReport {
    /// What an SMTP answer means for the message and for the lane.
    init(_ report: SMTPReport) {
        let id = Int64(report.tag)
        switch report.outcome {
        case .accepted(let reply):
            self.init(id: id, .outcome(.accepted("\(reply)")), sign: .working)
        case .refused(let reply, let phase):
            self.init(id: id, reply, phase)
        case .uncertain(let failure):
            self.init(
                id: id,
                .outcome(.uncertain(failure.word, "after the final dot: \(failure)")),
                sign: failure.reason == .aborted ? nil : .connectFailed("\(failure)")
            )
        case .failed(_, let failure) where failure.reason == .aborted:
            self.init(id: id, .outcome(.putBack))
        case .failed(let phase, let failure):
            self.init(
                id: id,
                .outcome(
                    .retry(
                        failure.word,
                        "\(phase.rawValue): \(failure)",
                        after: RetryAdvice.wait(in: "\(failure)")
                    )
                ),
                sign: .connectFailed("\(failure)")
            )
        case .connectFailed(let failure):
            self.init(id: id, .outcome(.retry(failure.word, "\(failure)")), sign: .connectFailed("\(failure)"))
        case .credentialsRefused(let failure):
            self.init(id: id, .outcome(.putBack), sign: .ourFault("\(failure)"))
        case .unsupported(.size(let limit)):
            self.init(id: id, .outcome(.rejected(.tooLarge, "the server takes at most \(limit) bytes")), sign: .working)
        case .unsupported(.smtpUTF8):
            self.init(
                id: id,
                .outcome(
                    .rejected(
                        .unsupported,
                        "the address is not ASCII before its '@', and the server offers no SMTPUTF8"
                    )
                ),
                sign: .working
            )
        case .unsupported(.eightBit):
            self.init(id: id, .outcome(.rejected(.unsupported, "the server offers no 8BITMIME")), sign: .working)
        case .unsupported(.address(let what)):
            self.init(id: id, .outcome(.rejected(.recipient, "the address cannot stand in a command: \(what)")))
        case .notStarted(.stale):
            self.init(id: id, .stale)
        case .notStarted(.withdrawn):
            self.init(id: id, .outcome(.putBack))
        }
    }

    /// Bad mailbox, bad domain, bad syntax, moved, or a null MX (RFC 3463, 3.2; RFC 7505): the address will not work later.
    /// In the reply to MAIL it would be the sender's.
    private static func isNoSuchAddress(_ status: EnhancedStatus) -> Bool {
        status.category == 5 && status.subject == 1 && [1, 2, 3, 6, 10].contains(status.detail)
    }

    /// 530, 534, 535 and 5.7.8 speak of our credentials, other 5.7.x of policy (RFC 4954, RFC 3463).
    private init(id: Int64, _ reply: SMTPReply, _ phase: SMTPPhase) {
        let detail = "\(phase.rawValue): \(reply)"
        let enhanced = reply.enhanced
        if [530, 534, 535].contains(reply.code) || enhanced == EnhancedStatus(5, 7, 8) {
            self.init(id: id, .outcome(.putBack), sign: .ourFault(detail))
        } else if reply.isTransient {
            let isOverloaded = reply.code == 421 || enhanced.map { $0.category == 4 && $0.subject == 7 } ?? false
            self.init(
                id: id,
                .outcome(.retry(.temporary, detail, after: RetryAdvice.wait(in: detail))),
                sign: isOverloaded ? .congested : .working
            )
        } else if let enhanced, enhanced.category == 5, enhanced.subject == 7 {
            self.init(id: id, .outcome(.rejected(.policy, detail)), sign: .policy)
        } else if let enhanced, phase != .mail, DeliveryReport.isNoSuchAddress(enhanced) {
            self.init(id: id, .outcome(.rejected(.recipient, detail)), sign: .working)
        } else {
            self.init(id: id, .outcome(.rejected(.permanent, detail)), sign: .working)
        }
    }
}

extension SMTPFailure {
    fileprivate var word: Outcome.Reason {
        switch reason {
        case .timeout: .timeout
        case .tls, .certificate: .tls
        case .garbage: .garbage
        case .refused: .temporary
        default: .connection
        }
    }
}
