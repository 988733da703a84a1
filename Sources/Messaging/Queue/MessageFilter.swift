import Storage

/// Which messages are meant; what is `nil` does not matter.
public struct MessageFilter: Sendable {
    public var state: MessageState?
    public var channel: Channel?
    public var brand: String?
    public var template: String?
    public var customer: String?
    /// The matching key of an address.
    public var addressKey: String?
    public var domain: String?
    public var reason: String?

    public init() {}

    public var isEmpty: Bool { values.allSatisfy { $0 == .null } }

    /// Stands in a WHERE, with `$1` to `$8` bound to ``values``. The casts tell PostgreSQL the type of a NULL.
    static let predicate = """
        (CAST($1 AS TEXT) IS NULL OR message.state = $1) AND (CAST($2 AS TEXT) IS NULL OR message.channel = $2)
            AND (CAST($3 AS TEXT) IS NULL OR message.brand = $3) AND (CAST($4 AS TEXT) IS NULL OR message.template = $4)
            AND (CAST($5 AS TEXT) IS NULL OR content.customer = $5)
            AND (CAST($6 AS TEXT) IS NULL OR message.address_key = $6)
            AND (CAST($7 AS TEXT) IS NULL OR message.domain = $7) AND (CAST($8 AS TEXT) IS NULL OR message.reason = $8)
        """

    var values: [SQLValue] {
        [
            .optional(state?.rawValue), .optional(channel?.rawValue), .optional(brand), .optional(template),
            .optional(customer), .optional(addressKey), .optional(domain), .optional(reason),
        ]
    }
}
