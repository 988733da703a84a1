@testable import Messaging

/// What the queue promises, written down as plainly as can be: arrays, filters and sorts, no SQL.
///
/// A property test does everything to the queue and to this, and compares.
struct QueueModel {
    struct Message {
        let id: Int64
        let key: String?
        /// What was given: two messages with equal words are the same.
        let words: String
        let channel: Channel
        let priority: Int
        let expires: Int64?
        let address: String
        let brand: String
        var state = MessageState.waiting
        var due: Int64
        var since: Int64
        var fence: Int64 = 0
        var attempts = 0
        var finishedAt: Int64?
        var events: [Event.Kind] = []
    }

    struct No: Hashable {
        let address: String
        let channel: Channel?
        let brand: String?
    }

    private(set) var messages: [Int64: Message] = [:]
    private var optOuts: Set<No> = []
    /// Those that nobody has said: a person's own no takes their place.
    private var suppressed: Set<No> = []
    private(set) var accepted: Int64 = 0
    private(set) var pruned: Int64 = 0

    // MARK: - Saying no

    /// - Returns: how many are new, or say more than what stood there.
    mutating func optOut(_ no: No) -> Int {
        let isNew = optOuts.insert(no).inserted
        let isStronger = suppressed.remove(no) != nil
        return isNew || isStronger ? 1 : 0
    }

    mutating func takeBack(_ no: No) -> Bool {
        suppressed.remove(no)
        return optOuts.remove(no) != nil
    }

    // MARK: - In

    /// What a queue answers to a message, given the id that it would hand out.
    mutating func enqueue(_ message: NewMessage, words: String, id: Int64, now: Int64) -> Receipt {
        if let key = message.key, let standing = messages.values.first(where: { $0.key == key }) {
            return standing.words == words ? .duplicate(id: standing.id) : .conflict(id: standing.id)
        }
        let due = message.due ?? now
        messages[id] = Message(
            id: id,
            key: message.key,
            words: words,
            channel: message.channel,
            priority: message.priority,
            expires: message.expires,
            address: message.addressKey,
            brand: message.brand,
            due: due,
            since: due
        )
        accepted += 1
        return .accepted(id: id)
    }

    // MARK: - Out

    /// What a claim hands off, in order.
    mutating func claim(_ channel: Channel, brand: String, limit: Int, now: Int64) -> [Message] {
        let claimed = messages.values
            .filter { $0.state == .waiting && $0.channel == channel && $0.brand == brand && $0.due <= now }
            .sorted { ($0.priority, $0.due, $0.id) < ($1.priority, $1.due, $1.id) }
            .prefix(limit)
        return claimed.compactMap { message in
            messages[message.id]?.fence += 1
            messages[message.id]?.state = .sending
            if message.attempts == 0 { messages[message.id]?.since = now }
            return passes(message.id, now: now) ? messages[message.id] : nil
        }
    }

    /// Whether a message in hand may still start to leave.
    mutating func mayGo(_ id: Int64, fence: Int64, now: Int64) -> Bool {
        guard let message = messages[id], message.state == .sending, message.fence == fence else { return false }
        return passes(id, now: now)
    }

    private mutating func passes(_ id: Int64, now: Int64) -> Bool {
        guard let message = messages[id] else { return false }
        let isRefused = optOuts.contains { no in
            no.address == message.address && (no.channel ?? message.channel) == message.channel
                && (no.brand ?? message.brand) == message.brand
        }
        if isRefused {
            end(id, .blocked, .blocked, now)
        } else if let expires = message.expires, expires <= now {
            end(id, .expired, .expired, now)
        } else {
            return true
        }
        return false
    }

    /// What an outcome does to a message in hand, as the table of outcomes has it.
    mutating func settle(_ settlement: Settlement, now: Int64) {
        let id = settlement.handOff.id
        guard var message = messages[id] else { return }
        let isCurrent = message.state == .sending && message.fence == settlement.handOff.fence
        let attempts = settlement.handOff.attempts + 1
        var kinds: [Event.Kind] = []
        func again(_ kind: Event.Kind, _ asked: Int64?) {
            let next =
                now + settlement.retry.delay(afterAttempt: attempts, random: settlement.random, asked: asked)
            message.attempts = attempts
            kinds = [kind]
            if next > settlement.handOff.since + settlement.retry.giveUp {
                message.state = .failed
                kinds.append(.gaveUp)
            } else if let expires = message.expires, next >= expires {
                message.state = .expired
                kinds.append(.expired)
            } else {
                message.state = .waiting
                message.due = next
            }
        }
        switch settlement.outcome {
        case .putBack:
            message.state = .waiting
        case .accepted:
            message.state = .sent
            message.attempts = attempts
            kinds = [.sent]
        case .held:
            message.state = .held
            kinds = [.held]
        case .rejected(let reason, _):
            message.state = .failed
            message.attempts = attempts
            kinds = [.rejected]
            if isCurrent, reason == .recipient {
                let no = No(address: message.address, channel: message.channel, brand: nil)
                if optOuts.insert(no).inserted { suppressed.insert(no) }
            }
        case .uncertain(let reason, _)
        where settlement.uncertain == .hold || (reason != .workerDied && attempts >= 3):
            message.state = .held
            message.attempts = attempts
            kinds = [.uncertain, .held]
        case .uncertain:
            again(.uncertain, nil)
        case .retry(_, _, let after):
            again(.retry, after)
        }
        if isCurrent {
            message.finishedAt = message.state.isFinal ? now : nil
            message.events += kinds
            messages[id] = message
        } else {
            messages[id]?.events += kinds.map { _ in .late }
        }
    }

    // MARK: - Control

    /// Ids that an action was done to.
    mutating func perform(_ action: MessageAction, on ids: [Int64], now: Int64) -> [Int64] {
        ids.filter { id in
            guard let message = messages[id] else { return false }
            switch (action, message.state) {
            case (.cancel, .waiting), (.cancel, .held):
                end(id, .cancelled, .cancelled, now)
            case (.retry, .failed):
                messages[id]?.state = .waiting
                messages[id]?.finishedAt = nil
                messages[id]?.attempts = 0
                messages[id]?.due = now
                messages[id]?.since = now
                messages[id]?.events.append(.replayed)
            case (.approve, .held):
                messages[id]?.state = .waiting
                messages[id]?.due = max(message.due, now)
                messages[id]?.since = now
                messages[id]?.events.append(.approved)
            case (.hold, .waiting):
                messages[id]?.state = .held
                messages[id]?.due = max(message.due, now)
                messages[id]?.events.append(.held)
            default:
                return false
            }
            return true
        }
    }

    /// - Returns: how many.
    mutating func expire(limit: Int, now: Int64) -> Int {
        let late = messages.values
            .filter { ($0.state == .waiting || $0.state == .held) && ($0.expires ?? .max) <= now }
            .sorted { ($0.expires ?? 0, $0.id) < ($1.expires ?? 0, $1.id) }
            .prefix(limit)
        for message in late { end(message.id, .expired, .expired, now) }
        return late.count
    }

    /// - Returns: how many.
    mutating func prune(finishedBefore cutoff: Int64) -> Int {
        let old = messages.values.filter { ($0.finishedAt ?? .max) < cutoff }
        for message in old { messages[message.id] = nil }
        pruned += Int64(old.count)
        return old.count
    }

    private mutating func end(_ id: Int64, _ state: MessageState, _ event: Event.Kind, _ now: Int64) {
        messages[id]?.state = state
        messages[id]?.finishedAt = now
        messages[id]?.events.append(event)
    }
}
