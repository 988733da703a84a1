import Foundation
import TestSupport
import Testing

@testable import Messaging

@Suite("Each rule")
struct RuleTests {
    typealias Settings = ComplianceSettings

    private static func time(_ text: String) -> Int64 { Timestamp.parse(text) ?? 0 }
    /// 10 o'clock on a winter's Thursday in New York.
    private static let morning = time("2026-01-15T15:00:00Z")
    private static let hour: Int64 = 3_600_000

    private static func policy(_ change: (inout Settings) -> Void = { _ in }) -> CompliancePolicy {
        var brand = BrandSettings(name: "Acme", from: "a@acme.example", postalAddress: "1 Main Street")
        var settings = Settings()
        settings.timeZone = "America/New_York"
        change(&settings)
        brand.compliance = settings
        return CompliancePolicy(brand)
    }

    private static func message(_ channel: Channel, _ change: (inout Gate.Facts) -> Void = { _ in }) -> Gate.Facts {
        var facts = Gate.Facts(
            channel: channel,
            brand: "acme",
            category: "transactional",
            addressKey: channel == .email ? "ada@example.com" : "+12125550123",
            expires: nil
        )
        facts.domain = channel == .email ? "example.com" : ""
        facts.conversation = "INV-1"
        change(&facts)
        return facts
    }

    private static func optOut(_ source: String = "cli") -> OptOut {
        OptOut(
            id: 1,
            addressKey: "ada@example.com",
            scope: .init(),
            address: "ada@example.com",
            source: source,
            note: nil,
            at: 0
        )
    }

    private static func decide(
        _ message: Gate.Facts,
        _ policy: CompliancePolicy = policy(),
        _ optOuts: [OptOut] = [],
        at now: Int64 = morning
    ) -> String {
        switch Gate.decide(message, policy, optOuts: optOuts, now: now) {
        case .send: "send"
        case .expire: "expire"
        case .tooLate(let rules): "too late \(rules.joined(separator: ","))"
        case .hold(_, let rules): "hold \(rules.joined(separator: ","))"
        case .block(_, let rule): "block \(rule)"
        case .keep(_, _, let rule): "keep \(rule)"
        case .wait(_, let rules): "wait \(rules.joined(separator: ","))"
        }
    }

    private static func until(_ message: Gate.Facts, _ policy: CompliancePolicy, at now: Int64) -> Int64? {
        guard case .wait(let until, _) = Gate.decide(message, policy, optOuts: [], now: now) else { return nil }
        return until
    }

    private static let collector = policy { $0.senderRole = .thirdPartyCollector }

    @Test("a no, and an address that bounced")
    func suppression() {
        #expect(Self.decide(Self.message(.email)) == "send")
        #expect(Self.decide(Self.message(.email), Self.policy(), [Self.optOut()]) == "block OPT-OUT")
        #expect(Self.decide(Self.message(.email), Self.policy(), [Self.optOut(OptOut.bounce)]) == "block EM-17")
    }

    @Test("CS-12: the gateways of carriers")
    func carriers() {
        let text = Self.message(.email) { $0.domain = "vtext.com" }
        #expect(Self.decide(text) == "block CS-12")
        #expect(Self.decide(text, Self.policy { $0.rules = ["CS-12": false] }) == "send")
        #expect(Self.decide(text, Self.policy { $0.jurisdictions = ["DE"] }) == "send")
        #expect(Self.decide(Self.message(.email) { $0.domain = "vtext.com.example" }) == "send")
    }

    @Test("SM-13 and SM-01: collectors, and texts without a ground")
    func grounds() {
        #expect(Self.decide(Self.message(.sms)) == "send")
        #expect(Self.decide(Self.message(.sms), Self.collector) == "block SM-13")
        let careful = Self.policy { $0.smsBasis = Settings.ConsentBasis.none }
        #expect(Self.decide(Self.message(.sms), careful) == "block SM-01")
        #expect(Self.decide(Self.message(.sms) { $0.hasConsent = true }, careful) == "send")
        #expect(Self.decide(Self.message(.email), Self.collector) == "send")
    }

    @Test("a rule holds from the day and until the day that the brand says")
    func dated() throws {
        func policy(_ json: String) throws -> CompliancePolicy {
            let override: RuleSwitch = try JSONDecoding.decode(json)
            return Self.policy { $0.rules = ["SM-08": override, "CS-12": override] }
        }
        let night = Self.time("2026-01-15T08:00:00Z")
        let gateway = Self.message(.email) { $0.domain = "vtext.com" }
        for (json, rules) in [
            (#"{"from": "2026-01-15"}"#, true), (#"{"from": "2026-01-16"}"#, false), (#"{"to": "2026-01-15"}"#, false),
            (#"{"to": "2026-01-16"}"#, true), (#"{"from": "2026-01-01", "to": "2026-02-01"}"#, true), ("false", false),
            ("true", true),
        ] {
            let policy = try policy(json)
            #expect(Self.decide(Self.message(.sms), policy, at: night) == (rules ? "wait SM-08" : "send"), "\(json)")
            #expect(Self.decide(gateway, policy, at: night) == (rules ? "block CS-12" : "send"), "\(json)")
        }
        #expect(throws: DecodingError.self) { try policy(#"{"from": "soon"}"#) }
        #expect(throws: DecodingError.self) { try policy(#"{"from": "2026-02-01", "to": "2026-01-01"}"#) }
    }

    @Test("RF-10 and RF-16: a collector, an employer's address, and one that others read")
    func whose() {
        let known = { (kind: PersonFacts.Kind, hasConsent: Bool) in
            Self.message(.email) {
                $0.kind = kind
                $0.hasConsent = hasConsent
            }
        }
        let noon = Self.time("2026-01-15T17:00:00Z")
        #expect(Self.decide(known(.work, false), Self.collector, at: noon) == "block RF-10")
        #expect(Self.decide(known(.work, true), Self.collector, at: noon) == "send", "they agreed to it there")
        #expect(Self.decide(known(.personal, false), Self.collector, at: noon) == "send")
        #expect(Self.decide(known(.work, false)) == "send", "its own invoices")
        #expect(Self.decide(known(.shared, true), Self.collector, at: noon) == "block RF-16")
        #expect(Self.decide(known(.shared, false)) == "send")
        let call = Self.message(.call) { $0.kind = .work }
        #expect(Self.decide(call, Self.collector, at: noon) == "send")
        let off = Self.policy {
            $0.senderRole = .thirdPartyCollector
            $0.rules = ["RF-10": false, "RF-16": false]
        }
        #expect(Self.decide(known(.work, false), off, at: noon) == "send")
        #expect(Self.decide(known(.shared, false), off, at: noon) == "send")
    }

    @Test(
        "RF-03, RF-04, RF-15, EU-02: stops of the person, before what rules say of the time, for the brand that they are about"
    )
    func stops() {
        func stop(_ kind: PersonStop.Kind, brand: String? = nil) -> PersonStop {
            PersonStop(kind: kind, brand: brand, note: nil, by: "ada", at: 0)
        }
        let night = Self.time("2026-01-15T08:00:00Z")
        for (kind, rule) in [(PersonStop.Kind.attorney, "RF-03"), (.cease, "RF-04"), (.dispute, "RF-15")] {
            for channel in [Channel.email, .sms, .call, .letter] {
                #expect(Self.decide(Self.message(channel) { $0.stops = [stop(kind)] }, at: night) == "block \(rule)")
            }
            let other = Self.message(.email) { $0.stops = [stop(kind, brand: "other")] }
            #expect(Self.decide(other, at: night) == "send")
        }
        func objecting(_ kind: PersonStop.Kind, _ category: String) -> String {
            var facts = Gate.Facts(
                channel: .email,
                brand: "acme",
                category: category,
                addressKey: "ada@example.com",
                expires: nil
            )
            facts.stops = [stop(kind)]
            return Self.decide(facts)
        }
        #expect(objecting(.objection, "commercial") == "block EU-02")
        #expect(objecting(.objection, "transactional") == "send")
        #expect(objecting(.objectionToAll, "transactional") == "block EU-02")
    }

    @Test(
        "SM-06: an answer goes at any hour, within five minutes, to who has said no, and to nobody whom the provider refuses"
    )
    func answers() {
        func answer(_ answer: TextAnswer, expires: Int64 = .max) -> Gate.Facts {
            Gate.Facts(
                channel: .sms,
                brand: "acme",
                category: answer.category,
                addressKey: "+12125550123",
                expires: expires
            )
        }
        func no(_ source: String) -> OptOut {
            OptOut(
                id: 1,
                addressKey: "+12125550123",
                scope: .init(channel: .sms),
                address: "+12125550123",
                source: source,
                note: nil,
                at: 0
            )
        }
        let night = Self.time("2026-01-15T08:00:00Z")
        #expect(Self.decide(answer(.stop), Self.collector, [no(OptOut.reply)], at: night) == "send")
        #expect(Self.decide(answer(.stop), Self.policy(), [], at: night) == "block SM-06")
        #expect(Self.decide(answer(.stop), Self.policy(), [no(OptOut.provider)], at: night) == "block SM-06")
        #expect(Self.decide(answer(.start), Self.policy(), [], at: night) == "send")
        #expect(Self.decide(answer(.start), Self.policy(), [no(OptOut.reply)], at: night) == "block SM-06")
        #expect(Self.decide(answer(.help), Self.policy(), [no(OptOut.reply)], at: night) == "send")
        #expect(Self.decide(answer(.help, expires: night + 1), Self.policy(), at: night) == "send")
        #expect(Self.decide(answer(.help, expires: night), Self.policy(), at: night) == "expire")
    }

    @Test("SM-08: texts and calls by day, in every zone that the number may be in", arguments: [Channel.sms, .call])
    func day(channel: Channel) {
        let policy = Self.policy()
        for (time, verdict) in [
            ("2026-01-15T12:59:59.999Z", "wait SM-08"), ("2026-01-15T13:00:00Z", "send"),
            ("2026-01-16T01:59:59.999Z", "send"),
            ("2026-01-16T02:00:00Z", "wait SM-08"),
        ] {
            #expect(Self.decide(Self.message(channel), policy, at: Self.time(time)) == verdict, "\(time)")
        }
        let wide = Self.message(channel) { $0.zones = ["America/New_York", "America/Los_Angeles"] }
        #expect(Self.decide(wide, policy) == "wait SM-08")
        #expect(Self.decide(wide, policy, at: Self.time("2026-01-15T16:00:00Z")) == "send")
        #expect(Self.decide(Self.message(.email), policy, at: Self.time("2026-01-15T08:00:00Z")) == "send")
        #expect(Gate.closes(wide, policy, now: Self.time("2026-01-15T16:00:00Z")) == Self.time("2026-01-16T02:00:00Z"))
        #expect(Gate.closes(Self.message(.email), policy, now: Self.morning) == nil)
    }

    @Test("what waits leaves when it may, spread over some minutes, the same for a message each time")
    func spread() throws {
        let policy = Self.policy()
        let night = Self.time("2026-01-15T08:00:00Z")
        var instants: Set<Int64> = []
        for id in Int64(1)...500 {
            let message = Self.message(.sms) { $0.id = id }
            let until = try #require(Self.until(message, policy, at: night))
            #expect(until == Self.until(message, policy, at: night))
            #expect((0..<Gate.spread).contains(until - Self.time("2026-01-15T13:00:00Z")))
            #expect(Self.decide(message, policy, at: until) == "send")
            instants.insert(until)
        }
        #expect(instants.count > 450)
    }

    @Test("what would have to wait for longer than it is of use ends")
    func uselessWait() {
        let night = Self.time("2026-01-15T08:00:00Z")
        let policy = Self.policy()
        let short = Self.message(.sms) { $0.id = 1 }
        #expect(Self.decide(short, policy, at: night) == "wait SM-08")
        var late = Gate.Facts(
            channel: .sms,
            brand: "acme",
            category: "transactional",
            addressKey: "+12125550123",
            expires: Self.time("2026-01-15T13:00:00Z")
        )
        late.id = 1
        #expect(Self.decide(late, policy, at: night) == "too late SM-08")
    }

    @Test("the spread leaves a message its time, and where no time suits every zone a person sees to it")
    func edges() throws {
        let night = Self.time("2026-01-15T08:00:00Z")
        for id in Int64(1)...100 {
            var short = Gate.Facts(
                channel: .sms,
                brand: "acme",
                category: "transactional",
                addressKey: "+12125550123",
                expires: Self.time("2026-01-15T13:03:00Z")
            )
            short.id = id
            #expect(Self.decide(short, at: night) == "wait SM-08", "\(id)")
        }
        let json = #"{"from": "09:00", "to": "12:00"}"#
        let hours = try JSONDecoder().decode(SendHoursSettings.self, from: Data(json.utf8))
        let apart = Self.message(.email) { $0.zones = ["Pacific/Auckland", "Pacific/Honolulu", "Europe/London"] }
        let policy = Self.policy { $0.sendHours = hours }
        #expect(Self.decide(apart, policy) == "hold HOURS")
        #expect(Gate.decide(apart, policy, optOuts: [], now: Self.morning).end?.state == .held)
    }

    @Test("RF-01, RF-02: a collector's messages, with a margin, of consumers in the US alone")
    func collectors() {
        let zones = ["America/New_York", "America/Los_Angeles"]
        let message = Self.message(.email) { $0.zones = zones }
        #expect(Self.decide(message, Self.collector, at: Self.time("2026-01-15T16:04:59Z")) == "wait RF-01")
        #expect(Self.decide(message, Self.collector, at: Self.time("2026-01-15T16:05:00Z")) == "send")
        #expect(Self.decide(message, Self.collector, at: Self.time("2026-01-16T01:54:59Z")) == "send")
        #expect(Self.decide(message, Self.collector, at: Self.time("2026-01-16T01:55:00Z")) == "wait RF-01")
        for change in [
            { (settings: inout Settings) in settings.debtNature = .commercial }, { $0.debtorKind = .corporate },
            { $0.jurisdictions = ["GB"] },
        ] {
            let other = Self.policy {
                $0.senderRole = .thirdPartyCollector
                change(&$0)
            }
            #expect(Self.decide(message, other, at: Self.time("2026-01-15T10:00:00Z")) == "send")
        }
        let own = Self.policy { $0.senderRole = .firstPartyOtherName }
        #expect(Self.decide(message, own, at: Self.time("2026-01-15T10:00:00Z")) == "wait RF-01")
    }

    private static func calls(_ days: [Double], spoken: Int? = nil, conversation: String = "INV-1") -> [Gate.Contact] {
        days.enumerated().map { index, day in
            Gate.Contact(
                channel: .call,
                at: morning - Int64(day * 24 * 3_600_000),
                conversation: conversation,
                isConversation: index == spoken
            )
        }
    }

    @Test("RF-08: seven calls in seven days about a debt, none for a week after a conversation")
    func sevenInSeven() {
        func decide(_ history: [Gate.Contact], _ conversation: String = "INV-1") -> String {
            Self.decide(
                Self.message(.call) {
                    $0.history = history
                    $0.conversation = conversation
                },
                Self.collector
            )
        }
        #expect(decide(Self.calls([1, 2, 3, 4, 5, 6])) == "send")
        #expect(decide(Self.calls([0.1, 1, 2, 3, 4, 5, 6])) == "wait RF-08")
        #expect(decide(Self.calls([0.1, 1, 2, 3, 4, 5, 7])) == "send", "the seventh has left the window")
        #expect(decide(Self.calls([0.1, 1, 2, 3, 4, 5, 6]), "INV-2") == "send", "of another debt")
        #expect(decide(Self.calls([6.9], spoken: 0)) == "wait RF-08")
        #expect(decide(Self.calls([7], spoken: 0)) == "send")
        #expect(Self.decide(Self.message(.call) { $0.history = Self.calls([0.1, 1, 2, 3, 4, 5, 6]) }) == "send")
        let waiting = Self.message(.call) { $0.history = Self.calls([0.1, 1, 2, 3, 4, 5, 6]) }
        #expect(Self.until(waiting, Self.collector, at: Self.morning) == Self.morning + 24 * Self.hour)
    }

    @Test("ST-01: two calls and texts in seven days, in Massachusetts")
    func massachusetts() {
        let policy = Self.policy { $0.jurisdictions = ["US-MA"] }
        let text = Gate.Contact(channel: .sms, at: Self.morning - 24 * Self.hour, conversation: "INV-1")
        let one = Self.message(.call) { $0.history = [text] }
        let two = Self.message(.call) { $0.history = [text] + Self.calls([2]) }
        #expect(Self.decide(one, policy) == "send")
        #expect(Self.decide(two, policy) == "wait ST-01")
        #expect(Self.decide(two) == "send")
        let mail = Self.message(.email) { $0.history = two.history }
        #expect(Self.decide(mail, policy) == "send")
    }

    @Test("FREQUENCY: a brand's own caps, over all channels or each conversation")
    func frequency() throws {
        let json = #"{"most": 2, "within": "24h"}"#
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let cap = try decoder.decode(FrequencySettings.self, from: Data(json.utf8))
        let policy = Self.policy { $0.frequency = [cap] }
        let contacts = [
            Gate.Contact(channel: .email, at: Self.morning - Self.hour, conversation: "INV-7"),
            Gate.Contact(channel: .sms, at: Self.morning - 24 * Self.hour + 1, conversation: nil),
        ]
        #expect(Self.decide(Self.message(.email) { $0.history = [contacts[0]] }, policy) == "send")
        let full = Self.message(.email) { $0.history = contacts }
        #expect(Self.decide(full, policy) == "wait FREQUENCY")
        #expect(Self.until(full, policy, at: Self.morning) == Self.morning + 1)
        #expect(Self.decide(full, policy, at: Self.morning + 1) == "send")
        #expect(Self.decide(Self.message(.webhook) { $0.history = contacts }, policy) == "send")
    }

    @Test("HOURS: a brand's own send_hours, on the channels that it names")
    func sendHours() throws {
        let json = #"{"from": "09:00", "to": "17:00", "days": ["mon", "tue"], "channels": ["email"]}"#
        let hours = try JSONDecoder().decode(SendHoursSettings.self, from: Data(json.utf8))
        let policy = Self.policy { $0.sendHours = hours }
        #expect(Self.decide(Self.message(.email), policy) == "wait HOURS")
        let monday = try #require(Self.until(Self.message(.email), policy, at: Self.morning))
        #expect((0..<Gate.spread).contains(monday - Self.time("2026-01-19T14:00:00Z")))
        #expect(Self.decide(Self.message(.sms), policy) == "send")
    }

    // MARK: - What holds for all

    private static func random(_ generator: inout SeededGenerator) -> (Gate.Facts, CompliancePolicy, [OptOut], Int64) {
        let zones = [
            "America/New_York", "America/Los_Angeles", "Pacific/Guam", "Europe/Berlin", "Asia/Kathmandu", "No/Where",
        ]
        let now = morning + Int64.random(in: 0..<400 * 24 * hour, using: &generator)
        let message = message(generator.pick([.email, .sms, .call, .letter, .webhook, .linkedin])) { facts in
            facts.id = Int64.random(in: 0..<1_000_000, using: &generator)
            facts.zones = zones.filter { _ in generator.chance(1, of: 3) }
            facts.hasConsent = generator.chance(1, of: 2)
            facts.domain = generator.pick(["example.com", "vtext.com"])
            facts.conversation = generator.pick(["a", "b", nil])
            facts.history = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                Gate.Contact(
                    channel: generator.pick([.email, .sms, .call]),
                    at: now - Int64.random(in: 0..<10 * 24 * hour, using: &generator),
                    conversation: generator.pick(["a", "b", nil]),
                    isConversation: generator.chance(1, of: 9)
                )
            }
        }
        let policy = policy {
            $0.senderRole = generator.pick(Settings.SenderRole.allCases)
            $0.debtNature = generator.pick(Settings.DebtNature.allCases)
            $0.jurisdictions = [generator.pick(["US", "US-MA", "GB"])]
            $0.smsBasis = generator.pick([nil, Settings.ConsentBasis.none])
        }
        let scopes: [OptOut.Scope] = [.init(), .init(channel: .email), .init(brand: "acme"), .init(brand: "other")]
        let optOuts = scopes.filter { _ in generator.chance(1, of: 9) }.map { scope in
            OptOut(
                id: 1,
                addressKey: generator.pick([message.addressKey, "eve@example.com"]),
                scope: scope,
                address: "",
                source: generator.pick(["cli", OptOut.bounce]),
                note: nil,
                at: 0
            )
        }
        return (message, policy, optOuts, now)
    }

    @Test("the gate is total, says the same each time, and one more no never lets a message go")
    func properties() throws {
        var generator = SeededGenerator(seed: 11)
        var kinds: [String: Int] = [:]
        for _ in 0..<3000 * TestSize.factor {
            let (message, policy, optOuts, now) = Self.random(&generator)
            let verdict = Gate.decide(message, policy, optOuts: optOuts, now: now)
            #expect(verdict == Gate.decide(message, policy, optOuts: optOuts, now: now))
            kinds[verdict.decision.rawValue, default: 0] += 1
            let more = OptOut(
                id: 2,
                addressKey: message.addressKey,
                scope: .init(),
                address: "",
                source: "cli",
                note: nil,
                at: 0
            )
            guard case .block = Gate.decide(message, policy, optOuts: optOuts + [more], now: now) else {
                Issue.record("a no did not block")
                continue
            }
            switch verdict {
            case .wait(let until, let rules):
                #expect(until > now && !rules.isEmpty)
            case .send:
                // No more was asked for than a plain message is.
                if let closes = Gate.closes(message, policy, now: now) { #expect(closes > now) }
            case .block, .expire, .tooLate, .hold, .keep: break
            }
            if policy.isPlain(message.channel), message.domain != "vtext.com" {
                #expect(
                    verdict == Gate.decide(message, optOuts: optOuts, now: now),
                    "the short way says something else"
                )
            }
        }
        #expect(kinds["send", default: 0] > 100 && kinds["block", default: 0] > 100 && kinds["defer", default: 0] > 100)
    }

    @Test("every rule has a summary and a source, and what is assumed of a brand is told")
    func data() {
        #expect(Set(ComplianceRule.all.map(\.id)).count == ComplianceRule.all.count)
        #expect(ComplianceRule.all.allSatisfy { !$0.summary.isEmpty && !$0.source.isEmpty })
        let bare = CompliancePolicy(BrandSettings(name: "A", from: "a@b.example", postalAddress: "x"))
        #expect(bare.assumptions.count == 4)
        #expect(Self.policy().assumptions.count == 3)
    }
}
