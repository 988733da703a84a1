/// Takes addresses out of what goes to a log: servers quote them in their replies.
enum Redaction {
    static func withoutAddresses(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false)
            .map { $0.contains("@") ? "(address)" : String($0) }
            .joined(separator: " ")
    }
}
