import TestSupport
import Testing

@testable import Messaging

@Suite("What a person asks for")
struct WishReaderTests {
    @Test(
        "a no is a no, however it is spelled",
        arguments: [
            "STOP", " stop. ", "Stop!!!", "ＳＴＯＰ", "opt out", "OPT-OUT", "optout", "REVOKE", "END", "QUIT", "cancel",
            "Unsubscribe", "STOPALL", "stop all", "stop please", "please opt me out", "no más", "ARRET", "ARRÊT",
            "Stop, thanks",
            "please stop texting me", "remove me from your list", "take me off your list", "Leave me alone!",
            "do not text me",
            "Don’t contact me again", "do not call me", "Bitte keine Nachrichten mehr", "i do not want these emails",
            "STOP STOP STOP",
            "stop. unsubscribe", "no more messages please", "Stopp bitte",
            "stop 🛑",
        ]
    )
    func stops(text: String) {
        #expect(WishReader.read(text) == .stop)
    }

    @Test(
        "what is not plain is for a person to read",
        arguments: [
            "don't stop the plan", "I'll cancel the check and pay by card", "end of month ok?",
            "can I stop by on friday?",
            "please cancel my order 7", "do not stop", "when does this end", "I have no more",
            "I already paid this invoice last week so please stop sending me these text messages",
            "how do I opt out of this thing?",
        ]
    )
    func reviews(text: String) {
        #expect(WishReader.read(text) == .review)
    }

    @Test(
        "yes starts nothing again; start and help are what they are",
        arguments: [
            ("START", .start), ("unstop", .start), ("YES", nil), ("Help", .help), ("info?", .help), ("", nil),
            ("👍", nil),
            ("I paid yesterday", nil),
            ("Thanks!", nil), ("Where can I pay?", nil),
            ("I have a long story to tell about how this invoice came to be and it will not end soon", nil),
        ] as [(String, WishReader.Wish?)]
    )
    func others(text: String, wish: WishReader.Wish?) {
        #expect(WishReader.read(text) == wish)
    }

    @Test("whatever comes is read, quickly")
    func fuzz() {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "stop", "ＳＴＯＰ", "\u{301}", "don't", "\u{0}", "\u{202e}", "🛑", " ", "\n", "ß", "İ", "end", "x", "'",
        ]
        for _ in 0..<2000 * TestSize.factor {
            let count = Int.random(in: 0..<30, using: &generator)
            _ = WishReader.read((0..<count).map { _ in generator.pick(pieces) }.joined())
        }
        _ = WishReader.read(String(repeating: "stop ", count: 1_000_000))
        _ = WishReader.read("a" + String(repeating: "\u{301}\u{316}", count: 500_000))
        #expect(WishReader.read(String(repeating: "\u{301}", count: 100_000)) == nil)
    }
}
