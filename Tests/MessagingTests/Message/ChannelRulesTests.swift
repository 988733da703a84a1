import Testing

@testable import Messaging

@Suite("What a channel asks of a message")
struct ChannelRulesTests {
    private func complaint(_ channel: Channel, _ text: String, part: String? = nil) -> String? {
        let rules = ChannelRules(channel, ChannelSettings(), isSandbox: false)
        do {
            let name = part ?? "\(channel.rawValue).txt"
            try rules.check([name: Array(text.utf8)], channel, place: "content")
            return nil
        } catch {
            return error.message
        }
    }

    @Test(
        "LinkedIn carries no amounts unless it is configured",
        arguments: [
            ("You owe $1,200.00 since May.", "$1,200.00"), ("Open: 45.50 EUR", "45.50 EUR"), ("€ 45", "€ 45"),
            ("It is 45 € now", "45 €"), ("GBP 12.5", "GBP 12.5"), ("CHF1'000", "CHF1'000"),
            ("Invoice INV-1001 of May 2026", nil), ("Call +1 202 555 0123", nil), ("3 invoices, 60 days", nil),
            ("EUROPE 2026", nil), ("plan B$", nil),
        ] as [(String, String?)]
    )
    func amounts(text: String, amount: String?) {
        #expect(ChannelRules.amount(in: text) == amount)
        let complaint = complaint(.linkedin, text)
        #expect((complaint != nil) == (amount != nil))
        if let amount { #expect(complaint?.contains("(\(amount))") == true) }
        #expect(self.complaint(.sms, text) == nil)
    }

    @Test(
        "LinkedIn carries no HTML",
        arguments: [("<b>Hi</b>", true), ("Hi <br/> you", true), ("a < b and c > d", false), ("I <3 you", false)]
    )
    func html(text: String, isHTML: Bool) {
        #expect((complaint(.linkedin, text) == "linkedin carries no HTML: write plain text") == isHTML)
    }

    @Test("an HTML part is HTML, whatever it says")
    func htmlPart() {
        #expect(complaint(.linkedin, "plain", part: "linkedin.html") != nil)
        #expect(complaint(.letter, "<p>Hi</p>", part: "letter.html") == nil)
    }

    @Test("a text takes at most so many segments", arguments: [(918, true), (919, false)])
    func segments(length: Int, fits: Bool) {
        #expect((complaint(.sms, String(repeating: "a", count: length)) == nil) == fits)
    }

    @Test("who must be asked")
    func approval() {
        func needs(_ channel: Channel, _ approval: ChannelSettings.Approval?) -> Bool {
            var settings = ChannelSettings()
            settings.approval = approval
            return ChannelRules(channel, settings, isSandbox: false).needsApproval
        }
        #expect(needs(.linkedin, nil) && !needs(.linkedin, ChannelSettings.Approval.none))
        #expect(!needs(.sms, nil) && needs(.sms, .required))
    }
}
