import JSON
import Storage

/// The table of what providers have posted, and what it does to messages.
///
/// Each is kept once, whatever the provider repeats, and may come in any order: what says that a message has arrived counts
/// more than what says that it will not, and that more than what says that it is on its way.
public struct HookLog: Sendable {
    let database: any Database
    private let reopening: Reopening?
    private let answers: TextAnswers?
    private let bell: Bell

    /// When a message that a provider took goes again, though the provider could not deliver it.
    public struct Reopening: Sendable {
        /// So long after it was first sent, milliseconds.
        let within: Int64
        let retry: RetryPolicy
    }

    /// - Parameters:
    ///   - reopening: `nil`: a message that was not delivered has ended.
    ///   - answers: `nil`: the provider answers texts, or nobody does.
    public init(_ queue: Queue, reopening: Reopening? = nil, answers: TextAnswers? = nil) {
        self.answers = answers
        database = queue.database
        bell = queue.bell
        self.reopening = reopening
    }

    private static let insert = Statement(
        """
        INSERT INTO hook (transport, identity, at, state, message, reference, status, reason, detail, raw, address_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (transport, identity) DO NOTHING
        RETURNING id
        """
    )
    private static let pending = Statement(
        """
        SELECT id, at, transport, message, reference, status, reason, detail FROM hook
        WHERE state = 0 AND id > $2 ORDER BY id LIMIT $1
        """
    )
    private static let settle = Statement("UPDATE hook SET state = $2 WHERE id = $1")
    private static let prove = Statement("UPDATE hook SET proof = 1 WHERE id = $1")
    private static let byReference = Statement(
        "SELECT message FROM provider_reference WHERE transport = $1 AND reference = $2"
    )
    private static let standing = Statement(
        "SELECT state, doubt_since, attempts, since, expires FROM message WHERE id = $1"
    )
    private static let reopen = Statement(
        """
        UPDATE message SET state = 'waiting', due = $2, reason = $3, finished_at = NULL, share = brand
        WHERE id = $1 AND state = 'sent'
        """
    )
    private static let move = Statement(
        """
        UPDATE message SET state = $2, reason = $3, finished_at = $4, node = NULL WHERE id = $1 AND state <> 'sending'
        """
    )
    /// What proves a no, and what is held, is not forgotten.
    private static let isFree = """
        proof = 0 AND NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.address_key = hook.address_key)
            AND NOT EXISTS (SELECT 1 FROM message JOIN legal_hold ON legal_hold.address_key = message.address_key
                WHERE message.id = hook.message)
        """
    private static let forget = Statement("UPDATE hook SET raw = NULL WHERE at < $1 AND raw IS NOT NULL AND \(isFree)")

    private static let prunable = Statement(
        "SELECT id FROM hook WHERE at < $1 AND state <> 0 AND \(isFree) ORDER BY at LIMIT $2"
    )
    private static let delete = Statement("DELETE FROM hook WHERE id = $1")
    private static let old = Statement("SELECT 1 FROM hook WHERE at < $1 AND raw IS NOT NULL AND \(isFree) LIMIT 1")

    static let statements = [
        insert, pending, settle, prove, recipient, lastText, complaint, byReference, standing, reopen, move, forget,
        old,
        prunable,
        delete,
    ]

    /// What is posted for a message that is not there is waited with so long, milliseconds.
    static let patience: Int64 = 3_600_000

    private enum State: Int64 { case pending, applied, unknown }

    /// Keeps and applies what was posted, durably.
    ///
    /// - Parameter raw: as it came.
    /// - Returns: whether it is new.
    public func take(_ content: HookContent, from transport: String, raw: [UInt8]) async throws -> Bool {
        defer { if reopening != nil || answers != nil { bell.ring(Bell.anything) } }
        return try await database.write(.power) { transaction in
            var receipt: DeliveryReceipt?
            var message: Int64?
            switch content.matter {
            case .receipt(let found): receipt = found
            case .mail(let mail): (receipt, message) = (mail.receipt, mail.message)
            case .inbound, .nothing: break
            }
            let id = try transaction.first(
                HookLog.insert,
                [
                    .text(transport), .text(content.identity), .integer(transaction.now),
                    .integer((receipt == nil ? State.applied : .pending).rawValue),
                    .optional(receipt?.message ?? message),
                    .optional(receipt?.reference), .optional(receipt?.status.word),
                    .optional(receipt?.status.reason?.rawValue),
                    .optional(receipt?.detail), .bytes(raw), .optional(content.sender),
                ]
            ) { $0.integer(0) }
            guard let id else {
                if case .inbound(let text) = content.matter, !text.isNamed {
                    _ = try HookLog.hear(text, from: transport, transaction)
                }
                return false
            }
            switch content.matter {
            case .receipt(let receipt):
                if try HookLog.apply(receipt, from: transport, reopening, transaction) {
                    try transaction.execute(HookLog.settle, [.integer(id), .integer(State.applied.rawValue)])
                }
            case .inbound(let text): try HookLog.apply(text, from: transport, answers, transaction)
            case .mail(let mail):
                if let receipt {
                    guard try HookLog.apply(receipt, from: transport, nil, transaction) else { break }
                    try transaction.execute(HookLog.settle, [.integer(id), .integer(State.applied.rawValue)])
                } else {
                    try HookLog.apply(mail, from: transport, transaction)
                }
            case .nothing: break
            }
            if content.isNo { try transaction.execute(HookLog.prove, [.integer(id)]) }
            return true
        }
    }

    /// Applies what came before its message was known, or while it was on the wire.
    ///
    /// - Parameter after: only what came after this one.
    /// - Returns: the last that was looked at; `nil` where nothing is left.
    func applyPending(after: Int64 = 0, limit: Int) async throws -> Int64? {
        let isAny = try await database.read {
            try $0.first(HookLog.pending, [.integer(1), .integer(after)]) { _ in true } ?? false
        }
        guard isAny else { return nil }
        return try await database.write(.process) { transaction in
            let pending = try transaction.all(HookLog.pending, [.integer(Int64(limit)), .integer(after)]) { row in
                (
                    id: row.integer(0), at: row.integer(1), transport: row.text(2),
                    receipt: DeliveryReceipt(
                        message: row.optionalInteger(3),
                        reference: row.optionalText(4),
                        status: DeliveryReceipt.Status(row.optionalText(5) ?? "", row.optionalText(6)),
                        detail: row.optionalText(7) ?? ""
                    )
                )
            }
            for hook in pending {
                // Only texts go again.
                let again = hook.transport == InboundDesk.name ? nil : reopening
                let isDone = try HookLog.apply(hook.receipt, from: hook.transport, again, transaction)
                guard isDone || transaction.now - hook.at > HookLog.patience else { continue }
                let state = isDone ? State.applied : .unknown
                try transaction.execute(HookLog.settle, [.integer(hook.id), .integer(state.rawValue)])
            }
            return pending.count < limit ? nil : pending.last?.id
        }
    }

    /// Forgets the raw words of what came before a time; what they said stays.
    func forgetRaw(before: Int64) async throws {
        let isAny = try await database.read { try $0.first(HookLog.old, [.integer(before)]) { _ in true } ?? false }
        guard isAny else { return }
        _ = try await database.write(.process) { try $0.execute(HookLog.forget, [.integer(before)]) }
    }

    /// Forgets what came before a time.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    func prune(before: Int64, limit: Int) async throws -> Int {
        let ids = try await database.read { connection in
            try connection.all(HookLog.prunable, [.integer(before), .integer(Int64(limit))]) {
                [SQLValue.integer($0.integer(0))]
            }
        }
        guard !ids.isEmpty else { return 0 }
        _ = try await database.write(.process) { try $0.batch(HookLog.delete, ids) }
        return ids.count
    }

    // MARK: - Receipts

    static func message(of reference: String, from transport: String, _ connection: any Connection) throws -> Int64? {
        try connection.first(byReference, [.text(transport), .text(reference)]) { $0.integer(0) }
    }

    /// - Returns: false where the message is not known, or is on the wire: it is to be tried again.
    private static func apply(
        _ receipt: DeliveryReceipt,
        from transport: String,
        _ reopening: Reopening?,
        _ transaction: any Transaction
    ) throws -> Bool {
        let known = try receipt.reference.flatMap { reference in
            try message(of: reference, from: transport, transaction)
        }
        guard let id = known ?? receipt.message,
            let now = try transaction.first(
                standing,
                [.integer(id)],
                {
                    (
                        state: MessageState(rawValue: $0.text(0)) ?? .held, isInDoubt: $0.optionalInteger(1) != nil,
                        attempts: Int($0.integer(2)), since: $0.integer(3), expires: $0.optionalInteger(4)
                    )
                }
            )
        else { return false }
        if known == nil, let reference = receipt.reference { try Queue.refer(id, transport, reference, transaction) }
        guard now.state != .sending else { return false }
        if case .failed(.temporary) = receipt.status, now.state == .sent, let reopening {
            let delay = reopening.retry.delay(afterAttempt: now.attempts, random: Double.random(in: 0..<1))
            let due = transaction.now + delay
            if due <= now.since + min(reopening.within, reopening.retry.giveUp), now.expires.map({ due < $0 }) ?? true {
                let reason = Outcome.Reason.temporary.rawValue
                try transaction.execute(reopen, [.integer(id), .integer(due), .text(reason)])
                try Event.insert([event(id, .retry, receipt, transport, transaction)], transaction)
                return true
            }
        }
        let isSettled = now.state == .delivered || now.state == .bounced
        let isTaken = now.state == .sent || now.isInDoubt && !isSettled
        let change: (state: MessageState, kind: Event.Kind, reason: String?)?
        switch receipt.status {
        case .underway: change = isTaken && now.state != .sent ? (.sent, .sent, nil) : nil
        case .delivered: change = isTaken || now.state == .bounced ? (.delivered, .delivered, nil) : nil
        case .failed(let reason): change = isTaken ? (.bounced, .bounced, reason.rawValue) : nil
        }
        guard let change else {
            if receipt.status != .underway, now.state != .delivered, now.state != .bounced {
                try Event.insert([event(id, .late, receipt, transport, transaction)], transaction)
            }
            return true
        }
        let values: [SQLValue] = [
            .integer(id), .text(change.state.rawValue), .optional(change.reason), .integer(transaction.now),
        ]
        try transaction.execute(move, values)
        try Event.insert([event(id, change.kind, receipt, transport, transaction)], transaction)
        if change.state == .bounced { try count(.bounced, id, transaction) }
        if case .failed(let reason) = receipt.status, let source = reason.suppression {
            try Queue.suppress(id, source, receipt.detail, transaction)
        }
        return true
    }

    private static func event(
        _ id: Int64,
        _ kind: Event.Kind,
        _ receipt: DeliveryReceipt,
        _ transport: String,
        _ transaction: any Transaction
    ) -> Event {
        Event(
            message: id,
            at: transaction.now,
            kind: kind,
            transport: transport,
            detail: [receipt.detail, receipt.reference].compactMap { $0 }.joined(separator: " ")
        )
    }

    // MARK: - Texts from people

    /// A no holds, however often it was said before; what may be one holds until a person has read it. Who starts again takes back
    /// what they have texted themselves, and no other no.
    ///
    /// - Returns: whether anything has changed by it, or help is asked for.
    private static func hear(
        _ text: InboundText,
        from transport: String,
        _ transaction: any Transaction
    ) throws -> Bool {
        guard !text.from.isEmpty else { return false }
        switch text.asks {
        case .stop, .review:
            let isPlain = text.asks == .stop
            let entry = OptOuts.Entry(
                addressKey: text.from,
                address: text.from,
                scope: .init(channel: .sms),
                source: isPlain ? OptOut.reply : OptOut.review,
                note: "texted: \(text.text.prefix(200))"
            )
            return try OptOuts.add([entry], by: transport, transaction) > 0
        case .start:
            let own = try OptOuts.known(text.from, transaction).filter {
                $0.scope == .init(channel: .sms) && [OptOut.reply, OptOut.review, OptOut.provider].contains($0.source)
            }
            return try OptOuts.remove(own, by: "\(transport), texted: \(text.text.prefix(200))", transaction)
        case .help: return true
        case nil: return false
        }
    }

    /// A text answers the last one that went to its sender.
    private static let lastText = Statement(
        """
        SELECT id, brand FROM message
        WHERE address_key = $1 AND channel = 'sms' AND test = 0 AND started_at IS NOT NULL
            AND category NOT LIKE 'answer:%'
        ORDER BY id DESC LIMIT 1
        """
    )
    private static let complaint = Statement("SELECT 1 FROM event WHERE message = $1 AND kind = 'complained' LIMIT 1")
    private static let recipient = Statement("SELECT address_key, brand, domain, channel FROM message WHERE id = $1")

    /// Counts what a mail of ours has met.
    private static func count(_ kind: ComplianceCounts.Kind, _ message: Int64, _ transaction: any Transaction) throws {
        let key = try transaction.first(recipient, [.integer(message)]) { row -> ComplianceCounts.Key? in
            guard row.text(3) == Channel.email.rawValue else { return nil }
            return .init(brand: row.text(1), kind: kind, subject: ShippedLimits.provider(of: row.text(2)))
        }
        if let key = key ?? nil { try ComplianceCounts.add([key: 1], transaction) }
    }

    /// What a person has written by mail, or their mailbox provider about them. The address that our message went to counts, as an
    /// answer may come from another; where it proves no message of ours, the sender's.
    private static func apply(_ mail: InboundMail, from transport: String, _ transaction: any Transaction) throws {
        let ours = try mail.message.flatMap { id in
            try transaction.first(recipient, [.integer(id)]) { (key: $0.text(0), brand: $0.text(1)) }
        }
        // A message that is forgotten is still proven to be ours.
        let reported = mail.message == nil ? nil : mail.recipient
        let key = ours?.key ?? (try? Recipient.key(of: reported ?? mail.from, channel: .email))
        let entry: (source: String, note: String)? =
            switch mail.matter {
            // Without proof anybody could silence anybody's mail.
            case .complaint:
                mail.message == nil || ours == nil && reported == nil
                    ? nil
                    : (ours == nil ? OptOut.review : OptOut.complaint, "the mailbox provider reports it as spam")
            // A sender is easily made up: what does not prove to whom we wrote is for a person to read.
            case .wish(.stop, let text):
                (ours == nil ? OptOut.review : OptOut.reply, "wrote: \(text.prefix(200))")
            case .wish(.review, let text): (OptOut.review, "wrote: \(text.prefix(200))")
            case .wish, .reply, .automatic, .bounce: nil
            }
        if case .complaint = mail.matter, let message = mail.message, ours != nil,
            try transaction.first(complaint, [.integer(message)], { _ in true }) == nil
        {
            // One message is called spam once, however often that is reported.
            try count(.complained, message, transaction)
            try Runs.complained(message, transaction)
            let event = Event(
                message: message,
                at: transaction.now,
                kind: .complained,
                transport: transport,
                detail: "the mailbox provider reports it as spam"
            )
            try Event.insert([event], transaction)
        }
        if let entry, let key {
            let no = OptOuts.Entry(
                addressKey: key,
                address: key,
                scope: .init(channel: .email),
                source: entry.source,
                note: entry.note,
                message: entry.source == OptOut.reply ? mail.message : nil
            )
            _ = try OptOuts.add([no], by: transport, transaction)
        }
        let text: String
        switch mail.matter {
        case .wish(_, let words), .reply(let words): text = words
        case .complaint, .automatic, .bounce: return
        }
        let document = JSONWriter.text { writer in
            writer.beginObject()
            writer.member("transport", transport)
            if let message = mail.message { writer.member("message", message) }
            writer.member("from", mail.from)
            writer.member("subject", mail.subject)
            writer.member("text", text)
            if case .wish(let wish, _) = mail.matter { writer.member("asks", wish.rawValue) }
            writer.endObject()
        }
        try News.write(.inbound, [Array(document.utf8)], transaction)
        // A plain no is heeded already: there is nothing to answer.
        if mail.asks != .stop || ours == nil {
            try Replies.add(
                .email,
                from: mail.from,
                key: key ?? mail.from,
                subject: mail.subject,
                text: text,
                asks: mail.asks,
                message: ours == nil ? nil : mail.message,
                brand: ours?.brand,
                transaction
            )
        }
        guard let message = mail.message, ours != nil else { return }
        let detail = "\(mail.from): \(text.prefix(500))"
        let event = Event(message: message, at: transaction.now, kind: .replied, transport: transport, detail: detail)
        try Event.insert([event], transaction)
    }

    private static func apply(
        _ text: InboundText,
        from transport: String,
        _ answers: TextAnswers?,
        _ transaction: any Transaction
    ) throws {
        let wish = text.asks
        var isAnswered = false
        if try hear(text, from: transport, transaction), let answers, let answer = wish.flatMap(TextAnswer.init) {
            isAnswered = try answers.answer(text, answer, from: transport, transaction)
        }
        if wish == nil || wish == .review || wish == .help && !isAnswered, !text.from.isEmpty {
            let last = try transaction.first(lastText, [.text(text.from)]) { ($0.integer(0), $0.text(1)) }
            try Replies.add(
                .sms,
                from: text.from,
                key: text.from,
                text: text.text,
                asks: wish,
                message: last?.0,
                brand: last?.1,
                transaction
            )
        }
        let document = JSONWriter.text { writer in
            writer.beginObject()
            writer.member("transport", transport)
            writer.member("reference", text.reference)
            writer.member("from", text.from)
            writer.member("to", text.to)
            writer.member("text", text.text)
            if let wish { writer.member("asks", wish.rawValue) }
            writer.endObject()
        }
        try News.write(.inbound, [Array(document.utf8)], transaction)
    }
}

extension HookContent {
    /// Somebody says no by it, or may: it is kept as it came.
    public var isNo: Bool {
        switch matter {
        case .inbound(let text): text.asks == .stop || text.asks == .review
        case .mail(let mail): mail.asks == .stop || mail.asks == .review || mail.matter == .complaint
        case .receipt, .nothing: false
        }
    }

    /// What opt-outs of who has written are matched by; `nil` where nobody has.
    fileprivate var sender: String? {
        switch matter {
        case .inbound(let text): text.from.isEmpty ? nil : text.from
        case .mail(let mail): try? Recipient.key(of: mail.from, channel: .email)
        case .receipt, .nothing: nil
        }
    }
}

extension DeliveryReceipt.Status {
    fileprivate var word: String {
        switch self {
        case .underway: "underway"
        case .delivered: "delivered"
        case .failed: "failed"
        }
    }

    fileprivate var reason: Outcome.Reason? { if case .failed(let reason) = self { reason } else { nil } }

    fileprivate init(_ word: String, _ reason: String?) {
        switch word {
        case "delivered": self = .delivered
        case "failed": self = .failed(reason.flatMap { Outcome.Reason(rawValue: $0) } ?? .permanent)
        default: self = .underway
        }
    }
}
