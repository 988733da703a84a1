/// Which limits a message is under, and whether they let it go now.
///
/// Limits come into being when a domain, brand or sender is first met, and are forgotten when they have been idle.
struct Shaper: Sendable {
    private let rules: [Channel: [LimitRule]]
    /// The sender's address, by brand.
    private let senders: [String: String]
    /// When the process began, monotonic nanoseconds.
    private let since: UInt64
    private var limiters: [Limiter] = []
    private var free: [Int] = []
    /// Those that the calendar rules.
    private var withQuotas: [Int] = []
    private var numbers: [Key: Int] = [:]
    /// By channel and domain: the limiter's number, -1 for none.
    private var ofDomain: [Channel: [String: Int]] = [:]
    private var ofBrand: [Channel: [String: [Int]]] = [:]
    private var orders: [Pause] = []
    private var sweptAt: UInt64 = 0

    private struct Key: Hashable {
        let channel: Channel
        let name: String
    }

    /// Beyond so many, idle ones are forgotten.
    static let most = 20_000
    static let sweepEvery: UInt64 = 10_000_000_000

    init(_ rules: [Channel: [LimitRule]], senders: [String: String], since: UInt64) {
        self.rules = rules
        self.senders = senders
        self.since = since
    }

    // MARK: - Which

    private mutating func number(_ channel: Channel, _ name: String, _ rule: LimitRule?, _ now: UInt64) -> Int {
        let key = Key(channel: channel, name: name)
        if let number = numbers[key] { return number }
        var limiter = Limiter(channel: channel, name: name, rule: rule, since: since)
        limiter.obey(order(for: name, channel), now)
        let number = free.popLast() ?? limiters.count
        if number == limiters.count { limiters.append(limiter) } else { limiters[number] = limiter }
        numbers[key] = number
        if !limiter.quotas.isEmpty { withQuotas.append(number) }
        return number
    }

    /// The limit of a domain; `nil` where it has none.
    private mutating func limit(ofDomain domain: String, _ channel: Channel, _ brand: String, _ now: UInt64) -> Int? {
        if let number = ofDomain[channel]?[domain] { return number < 0 ? nil : number }
        guard !domain.isEmpty else { return nil }
        let rule = rules[channel]?.first { $0.isAboutDomains && $0.covers(domain: domain) && $0.covers(brand: brand) }
        let name = self.name(ofDomain: domain, channel, brand)
        let isOrdered = order(for: name, channel) != nil
        let number = rule != nil || isOrdered ? self.number(channel, name, rule, now) : -1
        let isShared = rules[channel]?.contains { $0.isAboutDomains && $0.brands != nil } ?? false
        if !isShared { ofDomain[channel, default: [:]][domain] = number }
        return number < 0 ? nil : number
    }

    /// What tells the limits of entries apart that would be called the same: nothing for the first, then `#2` and so on.
    private func ordinal(_ index: Int, _ channel: Channel) -> String {
        guard let rules = rules[channel] else { return "" }
        let before = rules[..<index].count { $0.each == rules[index].each && $0.name == rules[index].name }
        return before == 0 ? "" : "#\(before + 1)"
    }

    /// The limits of a brand, whatever the domain.
    private mutating func limits(ofBrand brand: String, _ channel: Channel, _ now: UInt64) -> [Int] {
        if let known = ofBrand[channel]?[brand] { return known }
        var found: [Int] = []
        for (index, rule) in (rules[channel] ?? []).enumerated() where !rule.isAboutDomains && rule.covers(brand: brand)
        {
            let name =
                switch rule.each {
                case .brand: "brand:\(brand)"
                case .sender: "sender:\(senders[brand] ?? brand)"
                case .domain, nil: "limit:\(rule.name ?? "")"
                }
            found.append(number(channel, name + ordinal(index, channel), rule, now))
        }
        let name = "brand:\(brand)"
        if order(for: name, channel) != nil {
            let number = number(channel, name, nil, now)
            if !found.contains(number) { found.append(number) }
        }
        ofBrand[channel, default: [:]][brand] = found
        return found
    }

    /// The limits of a share.
    private mutating func limits(of share: Share, _ now: UInt64) -> [Int] {
        let ofBrand = limits(ofBrand: share.brand, share.channel, now)
        guard let limit = share.limit, let number = numbers[Key(channel: share.channel, name: limit)] else {
            return ofBrand
        }
        return ofBrand + [number]
    }

    // MARK: - Whether

    /// Those that are in use.
    var known: [Limiter] { numbers.values.map { limiters[$0] } }

    /// Whether one of a share may start now.
    mutating func hasRoom(_ share: Share, now: UInt64, wall: Int64) -> Bool {
        var spoken: [Int: Int] = [:]
        return room(of: share, upTo: 1, spoken: &spoken, now: now, wall: wall) > 0
    }

    /// How many of a share may start now.
    ///
    /// - Parameter spoken: what was promised to others in the same turn, by limiter; what is promised here is added.
    mutating func room(
        of share: Share,
        upTo most: Int,
        spoken: inout [Int: Int],
        now: UInt64,
        wall: Int64
    ) -> Int {
        let numbers = limits(of: share, now)
        var room = most
        for number in numbers { room = min(room, limiters[number].room(now, wall) - (spoken[number] ?? 0)) }
        guard room > 0 else { return 0 }
        for number in numbers { spoken[number, default: 0] += room }
        return room
    }

    /// When a share that has no room is worth asking again: monotonic nanoseconds.
    mutating func wakes(_ share: Share, now: UInt64, wall: Int64) -> UInt64 {
        var wake: UInt64 = 0
        let numbers = limits(of: share, now)
        for number in numbers where limiters[number].room(now, wall) <= 0 {
            wake = max(wake, limiters[number].wakes(now, wall))
        }
        return wake == 0 ? now + Limiter.poll : wake
    }

    /// Whether a share is kept back until a person or the calendar lets it go.
    mutating func isShut(_ share: Share, now: UInt64, wall: Int64) -> Bool {
        let numbers = limits(of: share, now)
        return numbers.contains { limiters[$0].isShut(wall) }
    }

    enum Verdict: Equatable {
        /// It may start, and these limiters count it.
        case go([Int])
        /// A limit of its domain keeps it.
        case park(String)
        /// A limit of its brand does, which is asked before the next claim.
        case wait
    }

    /// Asks for one message that was claimed.
    mutating func admit(_ handOff: HandOff, now: UInt64, wall: Int64) -> Verdict {
        let domain = limit(ofDomain: handOff.domain, handOff.channel, handOff.brand, now)
        if let domain {
            let name = limiters[domain].name
            let isBehind = limiters[domain].parked > 0 && handOff.share.limit != name
            if isBehind || limiters[domain].room(now, wall) <= 0 { return .park(name) }
        }
        var numbers = limits(ofBrand: handOff.brand, handOff.channel, now)
        for number in numbers where limiters[number].room(now, wall) <= 0 { return .wait }
        if let domain { numbers.append(domain) }
        for number in numbers { limiters[number].begin(now, wall) }
        return .go(numbers)
    }

    mutating func charge(_ numbers: [Int], _ cost: Int, now: UInt64, wall: Int64) {
        for number in numbers { limiters[number].charge(cost, now, wall) }
    }

    /// - Parameter micros: millionths of the currency.
    mutating func spend(_ numbers: [Int], _ micros: Int64, wall: Int64) {
        for number in numbers { limiters[number].spend(micros, wall) }
    }

    mutating func end(_ numbers: [Int]) {
        for number in numbers { limiters[number].end() }
    }

    /// The shares of a message's brand that its limits keep, and that only a report could make room for.
    func waiting(_ numbers: [Int], _ handOff: HandOff) -> [Share] {
        numbers.compactMap { number in
            let limiter = limiters[number]
            guard limiter.parked > 0, limiter.rule?.concurrency != nil else { return nil }
            return Share(channel: handOff.channel, brand: handOff.brand, limit: limiter.name)
        }
    }

    /// Counts what is parked under a limit.
    mutating func parked(_ count: Int, under limit: String, _ channel: Channel) {
        guard let number = numbers[Key(channel: channel, name: limit)] else { return }
        limiters[number].parked = max(0, limiters[number].parked + count)
    }

    /// Whether the limit's messages are kept, for a share that was found in the database.
    mutating func meet(_ share: Share, now: UInt64) {
        guard let limit = share.limit else { return }
        if limit.hasPrefix("domain:") {
            let domain = limit.dropFirst(7).prefix { $0 != "#" }
            _ = self.limit(ofDomain: String(domain), share.channel, share.brand, now)
        } else if let rule = rules[share.channel]?.first(where: { $0.name.map { "limit:\($0)" == limit } ?? false }) {
            _ = number(share.channel, limit, rule, now)
        }
    }

    // MARK: - The calendar

    mutating func reservations(wall: Int64) -> [(number: Int, reservation: Reservation)] {
        var wishes: [(Int, Reservation)] = []
        for number in withQuotas {
            wishes += limiters[number].reservations(wall).map { (number, $0) }
        }
        return wishes
    }

    mutating func grant(_ count: Int, _ wish: (number: Int, reservation: Reservation)) {
        limiters[wish.number].grant(count, wish.reservation)
    }

    // MARK: - Standing orders

    /// The strictest order about a limit.
    func order(for name: String, _ channel: Channel) -> Pause? {
        orders.filter { $0.channel == channel && $0.limit == name }.strictest
    }

    /// The limit that an order is about; `nil` for one about lanes.
    func limit(of order: Pause) -> String? {
        order.domain.map { name(ofDomain: $0, order.channel, "") } ?? order.limit
    }

    /// - Parameter orders: all about brands and domains that hold now.
    mutating func obey(_ orders: [Pause], now: UInt64) {
        // A domain may be under one limit for one brand and under another for the others.
        let orders = orders.flatMap { order in
            guard let domain = order.domain else { return [order] }
            let brands = (rules[order.channel] ?? []).compactMap(\.brands).reduce(into: Set([""])) { $0.formUnion($1) }
            return Set(brands.map { name(ofDomain: domain, order.channel, $0) }).sorted().map { name in
                var order = order
                order.limit = name
                return order
            }
        }
        guard orders != self.orders else { return }
        self.orders = orders
        ofBrand = [:]
        for channel in Set(orders.map(\.channel)) { ofDomain[channel] = [:] }
        for number in numbers.values {
            limiters[number].obey(order(for: limiters[number].name, limiters[number].channel), now)
        }
    }

    /// What the limit of a domain is called, or would be.
    func name(ofDomain domain: String, _ channel: Channel, _ brand: String) -> String {
        let rules = rules[channel] ?? []
        if rules.contains(where: { $0.name == domain }) { return "limit:\(domain)" }
        let index = rules.firstIndex { $0.isAboutDomains && $0.covers(domain: domain) && $0.covers(brand: brand) }
        guard let index else { return "domain:\(domain)" }
        return (rules[index].name.map { "limit:\($0)" } ?? "domain:\(domain)") + ordinal(index, channel)
    }

    mutating func heard(_ error: String, domain: String, _ channel: Channel, _ brand: String, now: UInt64) {
        guard let number = limit(ofDomain: domain, channel, brand, now) else { return }
        limiters[number].lastError = error
    }

    // MARK: - Forgetting

    mutating func sweep(now: UInt64) {
        let isFull = numbers.count > Shaper.most || ofDomain.values.contains { $0.count > Shaper.most }
        guard isFull, now - min(now, sweptAt) >= Shaper.sweepEvery else { return }
        sweptAt = now
        for (key, number) in numbers where limiters[number].isIdle(now) {
            numbers[key] = nil
            free.append(number)
            limiters[number] = Limiter(channel: key.channel, name: "", rule: nil, since: now)
        }
        ofDomain = [:]
        ofBrand = [:]
    }
}
