/// The wait that a reply asks for in words, such as "try again in 5 minutes".
enum RetryAdvice {
    /// No server is obeyed for longer.
    static let longest: Int64 = 86_400_000

    /// Milliseconds; `nil` where the reply does not say.
    static func wait(in reply: String) -> Int64? {
        let words =
            /(?:again|retry|wait|back)\s+(?:later\s+)?(?:(?:in|after|for)\s+)?(?:about\s+)?([0-9]{1,6})\s*(s|sec|second|m|min|minute|h|hour)s?\b/
            .ignoresCase()
        guard let match = reply.firstMatch(of: words), let number = Int64(match.1) else { return nil }
        let unit: Int64 =
            switch match.2.lowercased().first {
            case "h": 3_600_000
            case "m": 60_000
            default: 1000
            }
        return min(number * unit, longest)
    }
}
