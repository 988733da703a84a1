@testable import Curl

/// A dialogue with a server whose words the test writes, at a time that the test sets.
struct Conversation: ~Copyable {
    static let pipelining: SMTPExtensions = {
        var extensions = SMTPExtensions()
        extensions.pipelining = true
        return extensions
    }()

    enum Standing {
        case busy
        /// Another message may start.
        case ready
        case over
    }

    var dialogue: SMTPDialogue
    var verdicts = SMTPVerdicts()
    var now: UInt64 = 1_000_000_000

    init(_ extensions: SMTPExtensions = pipelining, timeouts: SMTPTimeouts = SMTPTimeouts()) {
        dialogue = SMTPDialogue(extensions: extensions, timeouts: timeouts, now: 1_000_000_000)
    }

    var standing: Standing { dialogue.isOver ? .over : dialogue.canStart ? .ready : .busy }

    mutating func start(_ tag: UInt64, data: String = "Hi\r\n") {
        dialogue.start(message(tag, data: data), now: now)
    }

    /// Everything that the client says now, in as many sends as it takes.
    mutating func flight() -> String {
        var bytes: [UInt8] = []
        while true {
            dialogue.fill()
            guard !dialogue.output.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes += Array(dialogue.output.bytes)
            dialogue.sent(dialogue.output.count, now: now)
        }
    }

    /// What one send would carry, without sending it.
    mutating func waiting() -> Int {
        dialogue.fill()
        return dialogue.output.count
    }

    mutating func server(_ text: String) {
        server(Array(text.utf8))
    }

    mutating func server(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { dialogue.receive($0, now: now, into: &verdicts) }
    }

    mutating func lose() {
        dialogue.lose(SMTPFailure(.connectionLost, "lost"), into: &verdicts)
    }

    mutating func pass(_ duration: Duration) {
        now += duration.nanoseconds
        if now >= dialogue.deadline { dialogue.expire(now: now, into: &verdicts) }
    }

    /// `1 accepted 250`, `2 refused 550 recipient`, `3 failed mail timeout`, `4 returned`, in this order of kinds.
    var told: [String] {
        verdicts.reports.map { "\($0.tag) \($0.outcome.brief)" } + verdicts.returned.map { "\($0.tag) returned" }
    }
}

func message(_ tag: UInt64, data: String = "Hi\r\n") -> SMTPSubmission {
    SMTPSubmission(tag: tag, sender: "s@a.example", recipient: "r\(tag)@b.example", data: Array(data.utf8))
}

func envelope(_ tag: UInt64) -> String {
    "MAIL FROM:<s@a.example>\r\nRCPT TO:<r\(tag)@b.example>\r\nDATA\r\n"
}

extension SMTPOutcome {
    var brief: String {
        switch self {
        case .accepted(let reply): "accepted \(reply.code)"
        case .refused(let reply, let phase): "refused \(reply.code) \(phase.rawValue)"
        case .uncertain(let failure): "uncertain \(failure.reason.rawValue)"
        case .failed(let phase, let failure): "failed \(phase.rawValue) \(failure.reason.rawValue)"
        case .connectFailed(let failure): "connectFailed \(failure.reason.rawValue)"
        case .credentialsRefused(let failure): "credentialsRefused \(failure.reason.rawValue)"
        case .unsupported(let obstacle): "unsupported \(obstacle)"
        case .notStarted(let cause): "notStarted \(cause.rawValue)"
        }
    }
}
