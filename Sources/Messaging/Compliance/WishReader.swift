import Foundation

/// What a person asks for in words of their own: to stop, to start again, or for help.
///
/// 47 CFR 64.1200(a)(10) names stop, quit, end, revoke, opt out, cancel and unsubscribe, and asks to heed every other way in
/// which a reasonable person would say it. What is not plain is for a person to read, and holds as a no until then.
public enum WishReader {
    public enum Wish: String, Sendable {
        case stop, start, help
        /// Perhaps a no.
        case review
    }

    private static let stops: Set<String> = [
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "remove",
        "arret", "no mas", "alto", "baja", "abmelden", "abbestellen", "stopp", "desabonner", "desinscription",
        "afmelden",
        "td", "leave alone", "take off", "no more", "not text", "dont text", "not contact", "dont contact", "not email",
        "dont email", "not write", "dont write", "do not text", "do not contact", "do not email", "do not write",
    ]
    /// Words that make one of these of a longer text, where nothing but fillers stands beside them.
    private static let hints: Set<String> = [
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt", "remove", "arret",
        "abmelden",
        "abbestellen", "stopp", "desabonner", "afmelden",
    ]
    private static let starts: Set<String> = ["start", "unstop"]
    private static let helps: Set<String> = ["help", "info", "hilfe", "ayuda", "aide", "aiuto"]
    /// Said beside the wish, and changing nothing of it.
    private static let fillers: Set<String> = [
        "please", "pls", "plz", "thanks", "thank", "you", "now", "me", "my", "this", "these", "the", "texts", "texting",
        "messages", "message", "messaging", "emails", "emailing", "mail", "mails", "sending", "contacting", "from",
        "your",
        "list", "number", "i", "want", "to", "would", "like", "kindly", "immediately", "bitte", "danke", "por", "favor",
        "merci", "svp", "just", "hi", "hello", "us", "all", "it", "receiving", "getting", "id", "have", "be", "am",
        "again",
        "anymore", "ever",
    ]
    /// After such words the same ones say the contrary, or something else.
    private static let negations: Set<String> = ["dont", "not", "never", "wont", "didnt", "nicht", "kein"]

    /// The words of a text: full-width and accented letters as plain ones, in lower case, without punctuation.
    static func words(_ text: String) -> [String] {
        text.precomposedStringWithCompatibilityMapping
            .folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .replacing("'", with: "").replacing("’", with: "")
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// - Returns: `nil` for what asks for none of these.
    public static func read(_ text: String) -> Wish? {
        let words = words(String(text.prefix(2000)))
        let all = words.joined(separator: " ")
        if stops.contains(all) { return .stop }
        if starts.contains(all) { return .start }
        if helps.contains(all) { return .help }
        // A long letter that holds such a word somewhere says something else.
        guard words.count <= 12 else { return nil }
        let core = words.filter { !fillers.contains($0) }
        if stops.contains(core.joined(separator: " ")) { return .stop }
        let isHinted = core.contains(where: hints.contains)
        guard isHinted else { return nil }
        // Several of them, and nothing else: "STOP STOP", "stop, unsubscribe".
        let isPlain = core.allSatisfy { hints.contains($0) || $0 == "out" }
        return isPlain && !words.contains(where: negations.contains) ? .stop : .review
    }
}
