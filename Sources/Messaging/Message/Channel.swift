/// How a message reaches its recipient.
public enum Channel: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    case email, sms, linkedin, webhook, call, letter
    /// News of messages and opt-outs, on their way to a subscriber. Nobody hands in such messages.
    case event

    /// Those that messages are handed in for.
    public static let allCases: [Channel] = [.email, .sms, .linkedin, .webhook, .call, .letter]

    /// All that the dispatcher works on.
    static let dispatched = allCases + [.event]

    /// One that messages are handed in for.
    public init?(named name: String) {
        guard let channel = Channel(rawValue: name), channel != .event else { return nil }
        self = channel
    }
}
