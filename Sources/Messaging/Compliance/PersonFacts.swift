public import JSON
import Storage

/// What is known of somebody at an address.
public struct PersonFacts: Sendable, Equatable {
    /// Whose address it is.
    public enum Kind: String, Sendable, CaseIterable {
        case personal
        /// An employer gives it, and may read it.
        case work
        /// Others read it too.
        case shared
    }

    public var kind: Kind?
    /// A language tag such as `de`: Dunlin's own words to them are in it, and messages that name none.
    public var language: String?
    /// Time zones in which they may be: these count, and none that follows from a number.
    public var zones: [String] = []

    public init(kind: Kind? = nil, language: String? = nil, zones: [String] = []) {
        self.kind = kind
        self.language = language
        self.zones = zones
    }

    var isEmpty: Bool { kind == nil && language == nil && zones.isEmpty }

    private static let find = Statement("SELECT kind, language, zones FROM person_fact WHERE address_key = $1")
    private static let put = Statement(
        """
        INSERT INTO person_fact (address_key, kind, language, zones) VALUES ($1, $2, $3, $4)
        ON CONFLICT (address_key) DO UPDATE SET kind = excluded.kind, language = excluded.language, zones = excluded.zones
        """
    )
    private static let delete = Statement("DELETE FROM person_fact WHERE address_key = $1")
    private static let any = Statement("SELECT 1 FROM person_fact LIMIT 1")

    static let statements = [find, put, delete, any]

    /// - Returns: `nil` where nothing is known.
    static func of(_ key: String, _ connection: any Connection) throws -> PersonFacts? {
        try connection.first(find, [.text(key)]) { row in
            PersonFacts(
                kind: row.optionalText(0).flatMap(Kind.init),
                language: row.optionalText(1),
                zones: Queue.zones(row.optionalText(2))
            )
        }
    }

    static func isAny(_ connection: any Connection) throws -> Bool {
        try connection.first(any, []) { _ in true } ?? false
    }

    static func put(_ facts: PersonFacts, of key: String, _ transaction: any Transaction) throws {
        guard !facts.isEmpty else {
            try transaction.execute(delete, [.text(key)])
            return
        }
        let zones = facts.zones.isEmpty ? nil : facts.zones.joined(separator: ",")
        try transaction.execute(
            put,
            [.text(key), .optional(facts.kind?.rawValue), .optional(facts.language), .optional(zones)]
        )
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let kind { writer.member("kind", kind.rawValue) }
        if let language { writer.member("language", language) }
        if !zones.isEmpty { writer.member("time_zones", zones.joined(separator: ",")) }
        writer.endObject()
    }
}
