/// The mail transactions of one session, from the first `MAIL` to `QUIT`: bytes in, bytes and verdicts out, no I/O.
///
/// With PIPELINING one flight carries the body of a message and, right behind its final dot, the envelope of the next:
/// one round trip a message. Without, one command a round trip.
///
/// | what ends the session                 | the message being spoken          | one whose envelope waits behind |
/// |---------------------------------------|-----------------------------------|---------------------------------|
/// | before any answer to it, session used | returned (loss, 421), else failed | -                               |
/// | before its final dot was handed over  | failed                            | -                               |
/// | 421 in answer to the final dot        | refused                           | returned                        |
/// | anything else after the final dot     | uncertain                         | returned                        |
///
/// A refusal that was already seen stays a refusal whatever happens afterwards.
struct SMTPDialogue: ~Copyable {
    private enum State {
        case open
        case quitting
        case over
    }

    /// An envelope follows a body in the same flight only when both surely fit the socket's buffer: the envelope then
    /// leaves when it is written, not when the server has read the body.
    static let longestFlight = 16_384
    /// An answer to the final dot that takes longer (nanoseconds) ends the sending of envelopes ahead.
    static let slowness: UInt64 = 100_000_000
    /// A message that has come back so often is reported as failed.
    static let mostRestarts = 3

    let extensions: SMTPExtensions
    let isPipelining: Bool
    private let limits: SMTPLimits

    private(set) var output = SMTPOutput()
    private var parser = SMTPReplyParser()
    private var expected = SMTPStepQueue()
    private var state = State.open
    private var current: SMTPExchange?
    private var next: SMTPSubmission?
    private var needsReset = false
    /// The server took long over the last message: an envelope sent ahead would be long on its way before its body.
    private var isSlow = false

    /// How many messages have been started on this session.
    private(set) var started = 0
    /// How many messages have come to their end on this session.
    private(set) var finished = 0
    /// When `expire(now:into:)` is due, in `MonotonicClock` nanoseconds.
    private(set) var deadline = UInt64.max
    /// When the awaited answer's time began to count.
    private(set) var since: UInt64
    /// Why the session is over; `nil` while it is not and after a proper `QUIT`.
    private(set) var failure: SMTPFailure?

    init(extensions: SMTPExtensions, pipelining: Bool = true, timeouts: SMTPTimeouts = SMTPTimeouts(), now: UInt64) {
        self.extensions = extensions
        isPipelining = pipelining && extensions.pipelining
        limits = SMTPLimits(timeouts)
        since = now
    }

    // MARK: - Standing

    /// The session is to be closed, nothing is left to say or to wait for.
    var isOver: Bool { state == .over }
    /// No message is under way and none is being answered.
    var isIdle: Bool { state == .open && current == nil && expected.isEmpty }
    var inFlight: Int { (current == nil ? 0 : 1) + (next == nil ? 0 : 1) }

    var phase: SMTPPhase {
        guard let step = expected.first else { return .idle }
        return step == .body && !isDotReleased ? .body : step.phase
    }

    /// Whether another message may be given.
    var canStart: Bool {
        guard state == .open, next == nil, output.room >= 2 * Self.longestFlight else { return false }
        guard let current else { return expected.isEmpty || (isPipelining && expected.consists(of: .loneDot)) }
        guard isPipelining, !isSlow, expected.consists(of: .body) else { return false }
        guard let body = current.bodyPosition, let dot = current.dotPosition else { return false }
        return dot - body <= UInt64(Self.longestFlight)
    }

    private var isDotReleased: Bool {
        guard let dot = current?.dotPosition else { return false }
        return output.released > dot
    }

    /// Why the server cannot take a message, before anything is sent.
    func obstacle(to submission: SMTPSubmission) -> SMTPOutcome.Obstacle? {
        for address in [submission.sender, submission.recipient]
        where !SMTPPath.isSafe(address, mayBeUTF8: submission.needsSMTPUTF8) {
            return .address(address)
        }
        if submission.recipient.isEmpty { return .address("") }
        if submission.needsSMTPUTF8, !extensions.smtpUTF8 { return .smtpUTF8 }
        if submission.has8Bit, !extensions.eightBitMIME { return .eightBit }
        if let limit = extensions.sizeLimit, submission.data.count > limit { return .size(limit: limit) }
        return nil
    }

    // MARK: - Speaking

    /// Begins a message; only when `canStart`, and only when `obstacle(to:)` finds none.
    mutating func start(_ submission: SMTPSubmission, now: UInt64) {
        let isAlone = expected.isEmpty
        started += 1
        if needsReset {
            needsReset = false
            write("RSET\r\n", .reset)
        }
        if isPipelining {
            writeMail(submission)
            writeRecipient(submission)
            write("DATA\r\n", .data)
        } else if expected.isEmpty {
            writeMail(submission)
        }
        if current == nil {
            current = SMTPExchange(submission: submission)
        } else {
            next = submission
        }
        if isAlone { arm(now) }
    }

    /// Writes as much of the body as there is room for; to be called before each send.
    mutating func fill() {
        guard output.isEmpty, let current, current.bodyPosition != nil, current.dotPosition == nil else { return }
        writeBody()
    }

    /// The socket took so many bytes of the output.
    mutating func sent(_ count: Int, now: UInt64) {
        output.remove(count)
        arm(now)
    }

    /// TLS was given the whole output and has not said how much of it went out.
    mutating func offered() {
        output.markOffered()
    }

    /// Ends an idle session politely.
    mutating func quit(now: UInt64) {
        guard isIdle else { return }
        state = .quitting
        write("QUIT\r\n", .quit)
        arm(now)
    }

    private mutating func write(_ command: StaticString, _ step: SMTPStep) {
        output.append(command)
        expected.append(step)
    }

    private mutating func writeMail(_ submission: SMTPSubmission) {
        output.append("MAIL FROM:<")
        output.append(submission.sender)
        output.append(">")
        if extensions.size {
            output.append(" SIZE=")
            output.append(decimal: submission.data.count)
        }
        if submission.has8Bit { output.append(" BODY=8BITMIME") }
        if submission.needsSMTPUTF8 { output.append(" SMTPUTF8") }
        write("\r\n", .mail)
    }

    private mutating func writeRecipient(_ submission: SMTPSubmission) {
        output.append("RCPT TO:<")
        output.append(submission.recipient)
        write(">\r\n", .recipient)
    }

    private mutating func writeBody() {
        guard var exchange = current else { return }
        current = nil
        exchange.submission.data.withUnsafeBytes { output.appendStuffed($0, from: &exchange.bodyOffset) }
        let data = exchange.submission.data
        if exchange.bodyOffset == data.count {
            if !data.isEmpty, !data.hasCRLFEnd { output.append("\r\n") }
            exchange.dotPosition = output.position
            output.append(".\r\n")
        }
        current = exchange
    }

    // MARK: - Listening

    /// Bytes from the server.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64, into verdicts: inout SMTPVerdicts) {
        var offset = 0
        while state != .over {
            switch parser.parse(bytes, from: &offset) {
            case .incomplete:
                return
            case .malformed:
                end(SMTPFailure(.garbage, "The server answered what is not SMTP: \(parser.excerpt)"), into: &verdicts)
            case .complete:
                answer(now: now, into: &verdicts)
            }
        }
    }

    /// The connection is gone.
    mutating func lose(_ failure: SMTPFailure, into verdicts: inout SMTPVerdicts) {
        guard state != .over else { return }
        end(failure, into: &verdicts)
    }

    /// `deadline` has passed.
    mutating func expire(now: UInt64, into verdicts: inout SMTPVerdicts) {
        guard now >= deadline else { return }
        let seconds = (now - since) / 1_000_000_000
        let place = phase.rawValue
        end(SMTPFailure(.timeout, "No answer to \(place) within \(seconds) s"), into: &verdicts)
    }

    private mutating func answer(now: UInt64, into verdicts: inout SMTPVerdicts) {
        let code = parser.code
        guard let step = expected.first else {
            let reply = parser.reply
            let text = code == 421 ? "The server ended the session" : "The server spoke without being asked"
            end(SMTPFailure(code == 421 ? .refused : .garbage, text, reply: reply), into: &verdicts)
            return
        }
        if step == .quit {
            state = .over
            return
        }
        let isEarly = step == .body && !isDotReleased
        if step == .body { isSlow = now &- since > Self.slowness }
        guard code != 421 else {
            close421(at: step, isEarly: isEarly, into: &verdicts)
            return
        }
        guard isSensible(code, to: step), !(isEarly && code < 400) else {
            garbled(into: &verdicts)
            return
        }
        _ = expected.popFirst()
        switch step {
        case .mail: mailAnswered(code, into: &verdicts)
        case .recipient: recipientAnswered(code, into: &verdicts)
        case .data: dataAnswered(code, into: &verdicts)
        case .body: bodyAnswered(code, isEarly: isEarly, into: &verdicts)
        case .reset: if !isPipelining, let current { writeMail(current.submission) }
        case .loneDot, .quit: break
        }
        arm(now)
    }

    /// Whether a code is one that the step can have; another means that the two sides have lost each other.
    private func isSensible(_ code: Int, to step: SMTPStep) -> Bool {
        switch step {
        case .data: code >= 300
        case .reset: code / 100 == 2
        case .mail, .recipient, .body, .loneDot, .quit: code / 100 != 3
        }
    }

    private mutating func mailAnswered(_ code: Int, into verdicts: inout SMTPVerdicts) {
        current?.isAnswered = true
        if code >= 400 { current?.refusal = (parser.reply, .mail) }
        guard !isPipelining, let current else { return }
        if code >= 400 {
            refuse(into: &verdicts)
        } else {
            writeRecipient(current.submission)
        }
    }

    private mutating func recipientAnswered(_ code: Int, into verdicts: inout SMTPVerdicts) {
        if code < 400 {
            current?.acceptedRecipient = true
        } else if current?.refusal == nil {
            current?.refusal = (parser.reply, .recipient)
        }
        guard !isPipelining else { return }
        if code >= 400 {
            refuse(into: &verdicts)
        } else {
            write("DATA\r\n", .data)
        }
    }

    /// With the envelope refused and `DATA` answered by 354 all the same, a lone dot ends the transaction, unless a
    /// recipient was accepted: an empty message might be delivered.
    private mutating func dataAnswered(_ code: Int, into verdicts: inout SMTPVerdicts) {
        guard let exchange = current else { return }
        if exchange.refusal == nil, code < 400 {
            guard code == 354 else { return garbled(into: &verdicts) }
            current?.bodyPosition = output.position
            expected.append(.body)
            writeBody()
            return
        }
        if exchange.refusal == nil {
            current?.refusal = (parser.reply, .data)
        } else if code < 400 {
            guard !exchange.acceptedRecipient else { return garbled(into: &verdicts) }
            write(".\r\n", .loneDot)
        }
        refuse(into: &verdicts)
    }

    private mutating func bodyAnswered(_ code: Int, isEarly: Bool, into verdicts: inout SMTPVerdicts) {
        guard let exchange = current else { return }
        let reply = parser.reply
        let outcome: SMTPOutcome = code < 400 ? .accepted(reply) : .refused(reply, isEarly ? .body : .finalDot)
        finish(outcome, into: &verdicts)
        if isEarly {
            let text = "The server refused \(exchange.submission.data.count) bytes before their end"
            end(SMTPFailure(.refused, text, reply: reply), into: &verdicts)
        }
    }

    // MARK: - Endings

    /// The message being spoken ends with the refusal that it met.
    private mutating func refuse(into verdicts: inout SMTPVerdicts) {
        guard let refusal = current?.refusal else { return }
        needsReset = true
        finish(.refused(refusal.reply, refusal.phase), into: &verdicts)
    }

    private mutating func finish(_ outcome: SMTPOutcome, into verdicts: inout SMTPVerdicts) {
        guard let exchange = current else { return }
        verdicts.report(exchange.submission, outcome)
        finished += 1
        current = next.map { SMTPExchange(submission: $0) }
        next = nil
    }

    private mutating func garbled(into verdicts: inout SMTPVerdicts) {
        let text = "The server's answer does not fit \(phase.rawValue)"
        end(SMTPFailure(.garbage, text, reply: parser.reply), into: &verdicts)
    }

    private mutating func close421(at step: SMTPStep, isEarly: Bool, into verdicts: inout SMTPVerdicts) {
        let reply = parser.reply
        if step == .body, !isEarly {
            _ = expected.popFirst()
            finish(.refused(reply, .finalDot), into: &verdicts)
        }
        end(SMTPFailure(.refused, "The server ended the session", reply: reply), into: &verdicts)
    }

    /// The session is over; whatever is open on it gets its verdict.
    private mutating func end(_ failure: SMTPFailure, into verdicts: inout SMTPVerdicts) {
        let step = expected.first
        let isPolite = state == .quitting
        if let exchange = current {
            if let refusal = exchange.refusal {
                verdicts.report(exchange.submission, .refused(refusal.reply, refusal.phase))
            } else if isDotReleased {
                verdicts.report(exchange.submission, .uncertain(failure))
            } else if mayReturn(exchange, at: step, failure) {
                giveBack(exchange.submission, failure, into: &verdicts)
            } else {
                verdicts.report(exchange.submission, .failed(step == .body ? .body : step?.phase ?? .mail, failure))
            }
        }
        if let next { giveBack(next, failure, into: &verdicts) }
        current = nil
        next = nil
        expected.removeAll()
        state = .over
        deadline = .max
        self.failure = isPolite ? nil : failure
    }

    /// A message is not to blame when the server has not spoken about it: not while it still owes answers to earlier
    /// commands, and not when a session that had carried messages is gone at its `MAIL`.
    private func mayReturn(_ exchange: SMTPExchange, at step: SMTPStep?, _ failure: SMTPFailure) -> Bool {
        guard !exchange.isAnswered else { return false }
        guard step == .mail else { return step == .reset || step == .loneDot }
        return finished > 0 && (failure.reason == .connectionLost || failure.reason == .refused)
    }

    private func giveBack(_ submission: SMTPSubmission, _ failure: SMTPFailure, into verdicts: inout SMTPVerdicts) {
        guard submission.restarts < Self.mostRestarts else {
            verdicts.report(submission, .failed(.mail, failure))
            return
        }
        var submission = submission
        submission.restarts += 1
        verdicts.returned.append(submission)
    }

    private mutating func arm(_ now: UInt64) {
        since = now
        guard let step = expected.first else {
            deadline = .max
            return
        }
        deadline = now + limits.limit(for: step, isDotReleased: isDotReleased)
    }
}

extension [UInt8] {
    fileprivate var hasCRLFEnd: Bool {
        count >= 2 && self[count - 2] == 0x0D && self[count - 1] == 0x0A
    }
}
