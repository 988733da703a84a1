/// `compliance.canary`: the first messages of a bulk run show how it is taken before the rest goes.
///
/// A bulk run is many emails of one template and brand within a day.
public struct CanarySettings: Sendable, Codable {
    /// So many messages go before a run is called bulk. Default 500.
    public var after: Int?
    /// The part of a bulk run that goes first, such as `5%`; at least ``after`` messages. Default `5%`.
    public var part: Percentage?
    /// So long the rest waits for what comes of them. Default `30m`.
    public var wait: TimeSpan?
    /// The rest stays when more than this part bounces. Default `3%`.
    public var bounced: Percentage?
    /// The same for being called spam. Default `0.1%`.
    public var complained: Percentage?
    /// The same for those who say no. Default `1%`.
    public var optedOut: Percentage?

    func check(_ place: String) throws(Rejection) {
        if let after, !(10...1_000_000).contains(after) {
            throw Rejection("\(place).after", "it must be from 10 to 1000000")
        }
    }
}

/// Judges a run by its first messages.
struct Canary: Sendable {
    let after: Int64
    let part: Double
    let wait: Int64
    let bounced: Double
    let complained: Double
    let optedOut: Double

    init(_ settings: CanarySettings) {
        after = Int64(settings.after ?? 500)
        part = settings.part?.part ?? 0.05
        wait = settings.wait?.milliseconds ?? 1_800_000
        bounced = settings.bounced?.part ?? 0.03
        complained = settings.complained?.part ?? 0.001
        optedOut = settings.optedOut?.part ?? 0.01
    }

    /// How a run's messages were taken so far.
    struct Figures: Sendable, Equatable {
        var sent: Int64 = 0
        var bounced: Int64 = 0
        var complained: Int64 = 0
        var optedOut: Int64 = 0
    }

    /// Fewer say nothing.
    static let least = (bounced: Int64(5), complained: Int64(2), optedOut: Int64(3))

    /// What is wrong with a run; `nil` where it is taken well.
    func fault(_ figures: Figures) -> String? {
        func fault(_ count: Int64, _ least: Int64, _ limit: Double, _ words: String) -> String? {
            let sent = max(1, figures.sent)
            guard count >= least, Double(count) / Double(sent) > limit else { return nil }
            return "\(count) of \(sent) \(words), more than \(Percentage(limit))"
        }
        return fault(figures.bounced, Canary.least.bounced, bounced, "bounced")
            ?? fault(figures.complained, Canary.least.complained, complained, "were called spam")
            ?? fault(figures.optedOut, Canary.least.optedOut, optedOut, "brought an opt-out")
    }
}

/// A bulk run of a brand's template.
struct Run: Sendable, Equatable {
    enum State: String, Sendable {
        /// Few so far, or many of which each goes as it comes: no bulk yet.
        case growing
        /// Its first part goes.
        case trying
        /// That has gone; the rest waits for the judgement.
        case waiting
        /// It goes on while it is taken well.
        case passed
        /// It was taken badly: a person decides.
        case failed
        /// A person let it go.
        case released
    }

    let brand: String
    let template: String
    var state = State.growing
    /// Milliseconds since 1970, UTC.
    var began: Int64
    /// When the last message of it went.
    var last: Int64
    var taken: Int64 = 0
    /// When so many were taken it is looked at, or stops.
    var most: Int64
    /// When it is judged.
    var judged: Int64 = 0
    var complained: Int64 = 0
    var optedOut: Int64 = 0

    /// What comes after so long is another run.
    static let gap: Int64 = 86_400_000

    init(brand: String, template: String, after: Int64, now: Int64) {
        self.brand = brand
        self.template = template
        began = now
        last = now
        most = after
    }

    /// Whether it is over: nothing came for a day, or it has gone on for one.
    func isOver(_ now: Int64) -> Bool {
        now - last >= Run.gap || [.growing, .passed, .released].contains(state) && now - began >= Run.gap
    }

    /// Takes one more, where it may go.
    ///
    /// - Parameter rest: counts those that wait beside this one; asked rarely.
    mutating func take(_ canary: Canary, now: Int64, rest: () throws -> Int64) rethrows -> Bool {
        if state == .growing, taken >= most {
            let rest = try rest() + 1
            if rest * 2 < taken {
                most = taken * 2
            } else {
                most = max(taken, Int64((Double(taken + rest) * canary.part).rounded(.up)))
                state = .trying
            }
        }
        switch state {
        case .growing, .passed, .released: break
        case .waiting, .failed: return false
        case .trying:
            if taken >= most {
                state = .waiting
                judged = now + canary.wait
                return false
            }
        }
        taken += 1
        last = now
        return true
    }

    /// What keeps the rest of it.
    ///
    /// - Parameter reason: `nil` tells how it stands.
    func order(_ reason: String? = nil, now: Int64) -> Pause {
        let rest =
            state == .waiting
            ? "the rest waits until \(Timestamp.text(judged)) for what comes of them" : "a person lets the rest go"
        return Pause(
            .email,
            brand: brand,
            template: template,
            reason: reason ?? "canary: \(Words.count(taken)) have gone; \(rest)",
            by: AuditEntry.dunlin,
            begins: now
        )
    }
}

extension Pause {
    /// It keeps the rest of a run, and no person has given it.
    var isOfRun: Bool { by == AuditEntry.dunlin && brand != nil && template != nil && category == nil }
}
