public import JSON

/// A rule about sending: what it asks, of whom, and where it is written.
///
/// This is software and no legal advice; each can be switched off by a brand, and its source says what it follows.
public struct ComplianceRule: Sendable {
    public enum Action: String, Sendable {
        /// The message ends.
        case block
        /// It waits until it may go.
        case `defer`
        /// Something is added to it.
        case decorate
    }

    public let id: String
    public let summary: String
    public let action: Action
    /// Law, regulation, or standard.
    public let source: String
    /// `nil` for those that no brand can switch off.
    let standard: Bool?
    /// Milliseconds since 1970, UTC; `nil` for no bound.
    var effectiveFrom: Int64?
    var effectiveTo: Int64?

    /// Where it applies to a brand at all.
    let applies: @Sendable (CompliancePolicy.Regime) -> Bool

    /// What is added to or taken from the rules makes another version.
    public static let version = 2

    func isInForce(_ now: Int64) -> Bool {
        (effectiveFrom.map { $0 <= now } ?? true) && (effectiveTo.map { now < $0 } ?? true)
    }

    /// What it asks, and when it holds where that is not always.
    public var words: String {
        let from = effectiveFrom.map { "from \(Timestamp.text($0).prefix(10))" }
        let to = effectiveTo.map { "before \(Timestamp.text($0).prefix(10))" }
        let dates = [from, to].compactMap(\.self)
        return dates.isEmpty ? summary : "\(summary) (\(dates.joined(separator: ", ")))"
    }

    public func write(to writer: inout JSONWriter, isOn: Bool) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("action", action.rawValue)
        writer.name("applies")
        writer.bool(isOn)
        writer.member("summary", summary)
        writer.member("source", source)
        if let effectiveFrom { writer.member("effective_from", Timestamp.text(effectiveFrom)) }
        if let effectiveTo { writer.member("effective_to", Timestamp.text(effectiveTo)) }
        writer.endObject()
    }

    private static let always: @Sendable (CompliancePolicy.Regime) -> Bool = { _ in true }
    private static let collectors: @Sendable (CompliancePolicy.Regime) -> Bool = { $0.isRegulationF }
    private static let america: @Sendable (CompliancePolicy.Regime) -> Bool = { $0.isIn("US") }

    /// By what they do: what ends a message, what makes it wait, what is added to it.
    public static let all: [ComplianceRule] = [
        ComplianceRule(
            id: "ORDER",
            summary: "a standing order keeps messages of a category or a template ('dunlin lane pause')",
            action: .defer,
            source: "the operator",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "CANARY",
            summary: "of a bulk run the first part goes, and the rest when that is taken well",
            action: .defer,
            source: "the configuration; support.google.com/a/answer/81126",
            standard: true,
            applies: { $0.hasCanary }
        ),
        ComplianceRule(
            id: "OPT-OUT",
            summary: "who said no to it gets nothing",
            action: .block,
            source: "15 USC 7704(a)(4); 47 CFR 64.1200(a)(10); RFC 8058",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "EM-17",
            summary: "nothing goes to an address that does not exist",
            action: .block,
            source: "RFC 3463, 3.2",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "RF-03",
            summary: "nobody writes to who is represented by a lawyer ('dunlin person stop')",
            action: .block,
            source: "12 CFR 1006.6(b)(2)",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "RF-04",
            summary: "nobody writes to who has asked in writing to be left alone ('dunlin person stop')",
            action: .block,
            source: "12 CFR 1006.6(c)",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "RF-15",
            summary: "nobody writes to who disputes what is asked of them ('dunlin person stop')",
            action: .block,
            source: "12 CFR 1006.38(d)(2)",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "EU-02",
            summary: "an objection stops advertising, and what no ground weighs more for ('dunlin person object')",
            action: .block,
            source: "GDPR, article 21(1)-(3)",
            standard: nil,
            applies: always
        ),
        ComplianceRule(
            id: "RF-10",
            summary: "a collector sends no email to an employer's address without consent",
            action: .block,
            source: "12 CFR 1006.22(f)(3)",
            standard: true,
            applies: collectors
        ),
        ComplianceRule(
            id: "RF-16",
            summary: "a collector writes to no address that others read too",
            action: .block,
            source: "12 CFR 1006.6(d)",
            standard: true,
            applies: collectors
        ),
        ComplianceRule(
            id: "CS-12",
            summary: "no email to the gateways of mobile carriers",
            action: .block,
            source: "47 CFR 64.3100",
            standard: true,
            applies: america
        ),
        ComplianceRule(
            id: "SM-13",
            summary: "a collector sends no texts: carriers and providers forbid it",
            action: .block,
            source: "Twilio errors 30863 and 30460",
            standard: true,
            applies: { $0.isCollector }
        ),
        ComplianceRule(
            id: "SM-01",
            summary: "a text needs a ground: the number was given for this, or consent is recorded",
            action: .block,
            source: "47 USC 227(b)(1); FCC 07-232",
            standard: true,
            applies: always
        ),
        ComplianceRule(
            id: "SM-08",
            summary: "texts and calls between 8 and 21 o'clock, where the recipient is",
            action: .defer,
            source: "47 CFR 64.1200(c)(1)",
            standard: true,
            applies: always
        ),
        ComplianceRule(
            id: "RF-01",
            summary: "a collector's messages between 8:05 and 20:55, wherever the person may be (RF-02)",
            action: .defer,
            source: "12 CFR 1006.6(b)(1)(i), 15 USC 1692c(a)(1)",
            standard: true,
            applies: collectors
        ),
        ComplianceRule(
            id: "HOURS",
            summary: "the brand's own send_hours",
            action: .defer,
            source: "the configuration",
            standard: true,
            applies: { $0.hasSendHours }
        ),
        ComplianceRule(
            id: "RF-08",
            summary: "at most 7 calls in 7 days about a debt, none for 7 days after a conversation",
            action: .defer,
            source: "12 CFR 1006.14(b)(2)",
            standard: true,
            applies: collectors
        ),
        ComplianceRule(
            id: "ST-01",
            summary: "at most 2 calls and texts in 7 days about a debt, in Massachusetts",
            action: .defer,
            source: "940 CMR 7.04(1)(f); 209 CMR 18.16(1)(d)",
            standard: true,
            applies: { $0.isIn("US-MA") }
        ),
        ComplianceRule(
            id: "FREQUENCY",
            summary: "the brand's own caps",
            action: .defer,
            source: "the configuration; 12 CFR 1006.14(a), comment 1",
            standard: true,
            applies: { $0.hasCaps }
        ),
        ComplianceRule(
            id: "CS-05",
            summary: "email shows the postal address",
            action: .decorate,
            source: "15 USC 7704(a)(5)(A)(iii)",
            standard: nil,
            applies: { $0.footer != .never }
        ),
        ComplianceRule(
            id: "CS-06",
            summary: "email shows how to say no, and that it is an advertisement where it is one",
            action: .decorate,
            source: "15 USC 7704(a)(3), (a)(5); 16 CFR 316.5; 12 CFR 1006.6(e)",
            standard: nil,
            applies: { $0.footer != .never }
        ),
        ComplianceRule(
            id: "RF-13",
            summary: "a collector's email says that it is from a debt collector, in its language",
            action: .decorate,
            source: "12 CFR 1006.18(e)",
            standard: true,
            applies: { $0.isRegulationF && $0.footer != .never }
        ),
        ComplianceRule(
            id: "SM-06",
            summary: "STOP is confirmed by one text within 5 minutes; START and HELP are answered",
            action: .decorate,
            source: "47 CFR 64.1200(a)(12); CTIA Messaging Principles 5.1.3",
            standard: true,
            applies: always
        ),
        ComplianceRule(
            id: "SM-10",
            summary:
                "the first text to a number, and one again after a while, says how to stop; a collector's each does",
            action: .decorate,
            source: "CTIA Messaging Principles 5.1.2; 12 CFR 1006.6(e)",
            standard: true,
            applies: always
        ),
        ComplianceRule(
            id: "EM-08",
            summary: "mail programs can say no with one click",
            action: .decorate,
            source: "RFC 8058; RFC 2369",
            standard: nil,
            applies: { $0.footer != .never }
        ),
    ]
}
