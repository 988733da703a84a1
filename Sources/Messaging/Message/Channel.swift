/// How a message reaches its recipient.
public enum Channel: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    case email, sms, linkedin, webhook, call, letter
}
