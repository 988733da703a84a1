import Storage

/// Which messages are meant; what is `nil` does not matter.
public struct MessageFilter: Sendable, Equatable {
    public var state: MessageState?
    public var channel: Channel?
    public var brand: String?
    public var template: String?
    public var customer: String?
    /// The matching key of an address.
    public var addressKey: String?
    public var domain: String?
    public var reason: String?
    public var conversation: String?
    /// Milliseconds since 1970, UTC: accepted at that time or later.
    public var acceptedFrom: Int64?
    /// Accepted before that time.
    public var acceptedBefore: Int64?

    public init() {}

    public var isEmpty: Bool { values.allSatisfy { $0 == .null } }

    /// How the messages are found. What the filter names beside it is looked up row by row.
    enum Path: CaseIterable {
        /// From the newest message downwards.
        case all
        /// By an index that holds few rows for each value.
        case recipient, customer, conversation
    }

    var path: Path {
        if conversation != nil { return .conversation }
        if addressKey != nil { return .recipient }
        return customer != nil ? .customer : .all
    }

    /// How many parameters ``values`` fills.
    static let parameters = 11

    /// Deliveries to subscribers are meant only where they are named.
    ///
    /// Stands in a WHERE, with `$1` to `$11` bound to ``values``. The casts tell PostgreSQL the type of a NULL.
    static func predicate(_ path: Path) -> String {
        let fields: [(column: String, type: String, path: Path?)] = [
            ("message.state =", "TEXT", nil), ("message.channel =", "TEXT", nil), ("message.brand =", "TEXT", nil),
            ("message.template =", "TEXT", nil), ("content.customer =", "TEXT", .customer),
            ("message.address_key =", "TEXT", .recipient), ("message.domain =", "TEXT", nil),
            ("message.reason =", "TEXT", nil), ("content.conversation =", "TEXT", .conversation),
            ("message.accepted_at >=", "BIGINT", nil), ("message.accepted_at <", "BIGINT", nil),
        ]
        return fields.enumerated().map { index, field in
            let parameter = "$\(index + 1)"
            if field.column == "message.channel =" {
                return "CASE WHEN CAST(\(parameter) AS TEXT) IS NULL THEN message.channel <> 'event' "
                    + "ELSE message.channel = \(parameter) END"
            }
            return field.path == path
                ? "\(field.column) \(parameter)"
                : "(CAST(\(parameter) AS \(field.type)) IS NULL OR \(field.column) \(parameter))"
        }.joined(separator: " AND ")
    }

    var values: [SQLValue] {
        [
            .optional(state?.rawValue), .optional(channel?.rawValue), .optional(brand), .optional(template),
            .optional(customer), .optional(addressKey), .optional(domain), .optional(reason), .optional(conversation),
            .optional(acceptedFrom), .optional(acceptedBefore),
        ]
    }
}
