/// What the DNS has under a key's name, beside what it should have.
public enum DKIMRecord: Equatable, Sendable {
    case stands
    case missing
    /// Another key, or one that was revoked.
    case differs(String)
    case several

    public static func compare(_ found: [String], with record: String) -> DKIMRecord {
        let keys = found.filter { tags($0)["p"] != nil }
        guard keys.count < 2 else { return .several }
        guard let key = keys.first else { return .missing }
        let (found, wanted) = (tags(key), tags(record))
        if found["p"]?.isEmpty ?? true { return .differs("the key is revoked there (p= is empty)") }
        guard found["p"] == wanted["p"], found["k"] ?? "rsa" == wanted["k"] ?? "rsa" else {
            return .differs("another key stands there")
        }
        if let version = found["v"], version != "DKIM1" { return .differs("its v= is \(version), not DKIM1") }
        if found["t"]?.split(separator: ":").contains("y") ?? false {
            return .differs("it stands there as a test (t=y): receivers do not believe it")
        }
        return .stands
    }

    public var words: String {
        switch self {
        case .stands: "it stands there"
        case .missing: "there is no such record: 'dunlin dkim dns' shows it"
        case .differs(let how): how
        case .several: "more than one stands there: leave one"
        }
    }

    /// `tag=value` pairs (RFC 6376, 3.2), without white space in the values.
    private static func tags(_ text: String) -> [String: String] {
        var tags: [String: String] = [:]
        for pair in text.split(separator: ";") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { continue }
            tags[halves[0].filter { !$0.isWhitespace }] = halves[1].filter { !$0.isWhitespace }
        }
        return tags
    }
}
