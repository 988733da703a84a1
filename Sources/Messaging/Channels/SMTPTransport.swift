public import Curl
import Foundation
import Synchronization

/// Email through a relay: a pool of pipelined sessions, its answers read as outcomes.
public final class SMTPTransport: Transport {
    public let name: String
    public let parallelism: Int
    private let settings: SMTPSettings
    private let thread: NetworkThread
    private let pool = Mutex<SMTPPool?>(nil)

    public init(name: String, settings: SMTPSettings, thread: NetworkThread) {
        self.name = name
        self.settings = settings
        self.thread = thread
        parallelism = settings.connections
    }

    public var connections: Int {
        get async {
            guard let pool = pool.withLock({ $0 }) else { return 0 }
            return await pool.snapshot.connections
        }
    }

    public func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        pool.withLock {
            $0 = SMTPPool(name: name, settings: settings, thread: thread) { report($0.map(DeliveryReport.init)) }
        }
    }

    public func deliver(_ deliveries: [Delivery]) {
        var submissions: [SMTPSubmission] = []
        submissions.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            guard case .email(let email) = delivery.payload else { continue }
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
        pool.withLock { $0 }?.submit(submissions)
    }

    public func withdraw() {
        pool.withLock { $0 }?.withdraw()
    }

    public func close() async {
        await pool.withLock { $0 }?.close()
    }

    public func abort() {
        pool.withLock { $0 }?.abort()
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
            self.init(id: id, .outcome(.uncertain(failure.word, "after the final dot: \(failure)")))
        case .failed(let phase, let failure):
            self.init(
                id: id,
                .outcome(.retry(failure.word, "\(phase.rawValue): \(failure)")),
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

    /// 530, 534, 535 and 5.7.8 speak of our credentials, other 5.7.x of policy (RFC 4954, RFC 3463).
    private init(id: Int64, _ reply: SMTPReply, _ phase: SMTPPhase) {
        let detail = "\(phase.rawValue): \(reply)"
        let enhanced = reply.enhanced
        if [530, 534, 535].contains(reply.code) || enhanced == EnhancedStatus(5, 7, 8) {
            self.init(id: id, .outcome(.putBack), sign: .ourFault(detail))
        } else if reply.isTransient {
            self.init(id: id, .outcome(.retry(.temporary, detail)), sign: .working)
        } else if let enhanced, enhanced.category == 5, enhanced.subject == 7 {
            self.init(id: id, .outcome(.rejected(.policy, detail)), sign: .policy)
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
