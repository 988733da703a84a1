import Storage

/// What is known of an address.
struct Addressee: Sendable {
    /// What addresses of one person share; `nil` where no other is known.
    let person: String?
    let facts: PersonFacts

    private static let find = Statement("SELECT person, kind, language, zones FROM addressee WHERE address_key = $1")
    private static let others = Statement(
        "SELECT address_key FROM addressee WHERE person = $1 AND address_key <> $2 ORDER BY address_key"
    )
    private static let any = Statement("SELECT 1 FROM addressee LIMIT 1")
    private static let put = Statement(
        """
        INSERT INTO addressee (address_key, kind, language, zones) VALUES ($1, $2, $3, $4)
        ON CONFLICT (address_key) DO UPDATE SET kind = excluded.kind, language = excluded.language, zones = excluded.zones
        """
    )
    private static let join = Statement(
        """
        INSERT INTO addressee (address_key, person) VALUES ($1, $2)
        ON CONFLICT (address_key) DO UPDATE SET person = excluded.person
        """
    )
    private static let forget = Statement("DELETE FROM addressee WHERE address_key = $1")
    private static let move = Statement("UPDATE addressee SET person = $2 WHERE person = $1")

    static let statements = [find, others, any, put, join, forget, move]

    /// - Returns: `nil` where nothing is known.
    static func of(_ key: String, _ connection: any Connection) throws -> Addressee? {
        try connection.first(find, [.text(key)]) { Addressee($0, at: 0) }
    }

    /// - Parameter first: where `person, kind, language, zones` begin.
    init(_ row: any Row, at first: Int) {
        person = row.optionalText(first)
        facts = PersonFacts(
            kind: row.optionalText(first + 1).flatMap(PersonFacts.Kind.init),
            language: row.optionalText(first + 2),
            zones: Queue.zones(row.optionalText(first + 3))
        )
    }

    /// The person's other addresses.
    func others(than key: String, _ connection: any Connection) throws -> [String] {
        guard let person else { return [] }
        return try connection.all(Addressee.others, [.text(person), .text(key)]) { $0.text(0) }
    }

    static func isAny(_ connection: any Connection) throws -> Bool {
        try connection.first(any, []) { _ in true } ?? false
    }

    static func put(_ facts: PersonFacts, of key: String, _ transaction: any Transaction) throws {
        let zones = facts.zones.isEmpty ? nil : facts.zones.joined(separator: ",")
        try transaction.execute(
            put,
            [.text(key), .optional(facts.kind?.rawValue), .optional(facts.language), .optional(zones)]
        )
    }

    static func forget(_ key: String, _ transaction: any Transaction) throws {
        try transaction.execute(forget, [.text(key)])
    }

    /// Makes addresses one person's, with all that are known to be theirs.
    static func join(_ keys: [String], _ transaction: any Transaction) throws {
        guard let first = keys.first else { return }
        let person = try of(first, transaction)?.person ?? first
        for key in keys {
            if let other = try of(key, transaction)?.person, other != person {
                try transaction.execute(move, [.text(other), .text(person)])
            }
            try transaction.execute(join, [.text(key), .text(person)])
        }
    }
}
