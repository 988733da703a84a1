/// What became of a message that was handed in.
public struct Receipt: Decodable, Sendable, Equatable {
    public enum Status: String, Decodable, Sendable {
        /// On disk: it survives a power failure.
        case accepted
        /// It was handed in before.
        case duplicate
        /// Another message has its key.
        case conflict
        case rejected
    }

    public struct Flaw: Decodable, Sendable, Equatable {
        /// A JSON pointer (RFC 6901), such as `/vars/total`.
        public let pointer: String?
        public let detail: String
    }

    public let status: Status
    /// Absent for a rejected one; of a conflict, the message that has the key.
    public let id: Int64?
    public let errors: [Flaw]?
}

/// What became of several messages.
public struct BatchReceipt: Decodable, Sendable {
    public let accepted: Int
    public let duplicate: Int
    public let conflict: Int
    public let rejected: Int
    /// In the order in which they were handed in.
    public let items: [Receipt]
}

/// A message as it stands.
public struct StoredMessage: Decodable, Sendable {
    public struct Event: Decodable, Sendable {
        public let at: String
        public let kind: String
        public let transport: String?
        public let detail: String?
    }

    public let id: Int64
    public let key: String?
    /// `waiting`, `sending`, `held`, `sent`, `delivered`, `bounced`, `failed`, `blocked`, `expired` or `cancelled`.
    public let state: String
    public let reason: String?
    public let channel: String
    public let to: String
    public let attempts: Int
    /// Absent in lists.
    public let events: [Event]?
}

/// An answer that is not a success (RFC 9457).
public struct Problem: Error, Decodable, Sendable, CustomStringConvertible {
    public let status: Int
    public let title: String
    public let detail: String?
    public let errors: [Receipt.Flaw]?
    /// Stands in Dunlin's log too.
    public let requestID: String?
    /// Seconds to wait before the request is made again.
    public internal(set) var retryAfter: Int?

    enum CodingKeys: String, CodingKey {
        case status, title, detail, errors
        case requestID = "request_id"
    }

    public var description: String { "\(status) \(title): \(detail ?? "")" }
}
