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

    /// What is a no where it stands alone, or with fillers alone.
    private static let stops: Set<String> = [
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "remove",
        "arret", "no mas", "alto", "baja", "abmelden", "abbestellen", "stopp", "desabonner", "desinscription",
        "afmelden",
        "td", "leave alone", "take off", "no more", "keine mehr",
    ]
    /// What may be a no in a short text, as a reasonable person might mean it so.
    private static let weak: Set<String> = ["cancel", "end", "quit", "remove", "opt"]
    /// What is a no, or may be one, in a longer text too.
    private static let strong: Set<String> = [
        "stop", "stopall", "unsubscribe", "revoke", "optout", "arret", "abmelden", "abbestellen", "stopp", "desabonner",
        "desinscription", "afmelden",
    ]
    /// The same as words one after the other.
    private static let phrases: [[String]] = [
        ["opt", "out"], ["leave", "me", "alone"], ["take", "me", "off"], ["remove", "me"], ["no", "more"],
        ["no", "mas"],
        ["keine", "nachrichten"], ["ne", "plus"],
    ]
    /// "do not", "dont", and what is not to be done.
    private static let deeds: Set<String> = [
        "text", "texts", "call", "calls", "email", "emails", "mail", "mails", "write", "contact", "message", "messages",
        "sms",
    ]
    private static let starts: Set<String> = ["start", "unstop"]
    private static let helps: Set<String> = ["help", "info", "hilfe", "ayuda", "aide", "aiuto"]
    /// Said beside the wish, and changing nothing of it.
    private static let fillers: Set<String> = [
        "please", "pls", "plz", "thanks", "thank", "you", "now", "me", "my", "this", "these", "the", "texts", "texting",
        "text",
        "messages", "message", "messaging", "emails", "email", "emailing", "mail", "mails", "sending", "contacting",
        "calling",
        "from", "your", "list", "number", "i", "want", "to", "would", "like", "kindly", "immediately", "bitte", "danke",
        "por",
        "favor", "merci", "svp", "just", "hi", "hello", "us", "all", "it", "receiving", "getting", "id", "be", "am",
        "again",
        "anymore", "ever", "nachrichten",
    ]

    /// Unicode scalars that are looked at: what a stranger sends may be long, and slow to take apart.
    static let most = 2000

    /// The words of a text: full-width and accented letters as plain ones, in lower case, without punctuation.
    static func words(_ text: String) -> [String] {
        String(text.unicodeScalars.prefix(most)).precomposedStringWithCompatibilityMapping
            .folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .replacing("'", with: "").replacing("’", with: "")
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// - Returns: `nil` for what asks for none of these.
    public static func read(_ text: String) -> Wish? {
        let words = words(text)
        let all = words.joined(separator: " ")
        if stops.contains(all) { return .stop }
        if starts.contains(all) { return .start }
        if helps.contains(all) { return .help }
        let core = words.filter { !fillers.contains($0) }
        if stops.contains(core.joined(separator: " ")), words.count <= 12 { return .stop }
        if isPlain(words, core) { return .stop }
        return isHinted(words) ? .review : nil
    }

    /// Nothing but ways to say no: "STOP STOP", "do not text me again", "stop. unsubscribe".
    private static func isPlain(_ words: [String], _ core: [String]) -> Bool {
        guard words.count <= 12 else { return false }
        if let deed = refused(words) {
            // What is said before and after the refusal changes nothing.
            let rest = (words[..<deed.lowerBound] + words[deed.upperBound...]).filter { !fillers.contains($0) }
            return rest.allSatisfy { strong.contains($0) || deeds.contains($0) }
        }
        let isStrong = core.contains(where: strong.contains) || core.starts(with: ["opt", "out"])
        return isStrong
            && core.allSatisfy {
                strong.contains($0) || ["opt", "out", "remove", "cancel", "end", "quit"].contains($0)
            }
    }

    /// Where it says "do not text", "dont call", "do not want these emails".
    private static func refused(_ words: [String]) -> Range<Int>? {
        for index in words.indices {
            var next = index + 1
            if words[index] == "do" || words[index] == "does", next < words.count, words[next] == "not" {
                next += 1
            } else if words[index] != "dont" && words[index] != "never" {
                continue
            }
            let isWanted = next < words.count && words[next] == "want"
            if isWanted { next += 1 }
            while isWanted, next < words.count,
                ["to", "any", "these", "your", "more", "receive", "get"].contains(words[next])
            {
                next += 1
            }
            if next < words.count, deeds.contains(words[next]) { return index..<next + 1 }
        }
        return nil
    }

    private static func isHinted(_ words: [String]) -> Bool {
        words.contains(where: strong.contains) || refused(words) != nil
            || words.count <= 12 && words.contains(where: weak.contains)
            || phrases.contains { phrase in
                words.indices.contains { words[$0...].starts(with: phrase) }
            } && words.count <= 40
    }
}
