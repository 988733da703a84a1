public import JSON
public import Storage

/// What keeps a person from being written to beside an opt-out: a right that they have used, or a lawyer who speaks for them.
public struct PersonStop: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// They asked in writing to be left alone.
        case cease
        /// A lawyer speaks for them.
        case attorney
        /// They dispute what is asked of them.
        case dispute
        /// They object to advertising (GDPR, article 21(2)).
        case objection
        /// They object to any message, and no ground of ours weighs more (GDPR, article 21(1)).
        case objectionToAll = "objection_to_all"

        /// Whose rule it is.
        var rule: String {
            switch self {
            case .cease: "RF-04"
            case .attorney: "RF-03"
            case .dispute: "RF-15"
            case .objection, .objectionToAll: "EU-02"
            }
        }

        public var words: String {
            switch self {
            case .cease: "asked to be left alone"
            case .attorney: "is represented by a lawyer"
            case .dispute: "disputes what is asked of them"
            case .objection: "objects to advertising"
            case .objectionToAll: "objects to being written to"
            }
        }
    }

    public let kind: Kind
    /// `nil` for every brand.
    public let brand: String?
    public let note: String?
    public let by: String
    public let at: Int64

    func covers(_ message: Gate.Facts) -> Bool {
        (brand.map { $0 == message.brand } ?? true) && (kind != .objection || message.category == "commercial")
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("kind", kind.rawValue)
        if let brand { writer.member("brand", brand) }
        if let note { writer.member("note", note) }
        writer.member("by", by)
        writer.member("at", Timestamp.text(at))
        writer.endObject()
    }
}

/// The table of what keeps people from being written to.
public struct PersonStops: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let ofKey = Statement(
        "SELECT kind, brand, note, actor, at FROM person_stop WHERE address_key = $1 ORDER BY kind, brand"
    )
    private static let put = Statement(
        """
        INSERT INTO person_stop (address_key, kind, brand, note, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (address_key, kind, brand) DO NOTHING
        """
    )
    private static let delete = Statement(
        "DELETE FROM person_stop WHERE address_key = $1 AND kind = $2 AND brand = $3"
    )

    static let statements = [ofKey, put, delete]

    static func of(_ key: String, _ connection: any Connection) throws -> [PersonStop] {
        try connection.all(ofKey, [.text(key)]) { row in
            PersonStop(
                kind: PersonStop.Kind(rawValue: row.text(0)) ?? .cease,
                brand: row.text(1).isEmpty ? nil : row.text(1),
                note: row.optionalText(2),
                by: row.text(3),
                at: row.integer(4)
            )
        }
    }

    /// Keeps all addresses of a person from being written to, durably.
    ///
    /// - Returns: whether it is new.
    public func put(_ kind: PersonStop.Kind, brand: String?, note: String?, of key: String, by: String) async throws
        -> Bool
    {
        try await database.write(.power) { transaction in
            let keys = try People.keys(key, transaction)
            let values: [SQLValue] = [
                .text(kind.rawValue), .text(brand ?? ""), .optional(note), .text(by), .integer(transaction.now),
            ]
            let changes = try transaction.batch(PersonStops.put, keys.map { [.text($0)] + values })
            let stop = PersonStop(kind: kind, brand: brand, note: note, by: by, at: transaction.now)
            let added = zip(keys, changes).filter { $0.1 > 0 }.map(\.0)
            try PersonStops.tell(stop, added, isRemoved: false, by: by, transaction)
            return !added.isEmpty
        }
    }

    /// - Returns: whether it stood.
    public func end(_ kind: PersonStop.Kind, brand: String?, of key: String, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            let keys = try People.keys(key, transaction)
            let standing = try PersonStops.of(key, transaction).first { $0.kind == kind && $0.brand == brand }
            let values: [SQLValue] = [.text(kind.rawValue), .text(brand ?? "")]
            try transaction.batch(PersonStops.delete, keys.map { [.text($0)] + values })
            guard let standing else { return false }
            try PersonStops.tell(standing, keys, isRemoved: true, by: by, transaction)
            return true
        }
    }

    /// What one address of a person has, all get.
    static func spread(_ keys: [String], _ transaction: any Transaction) throws {
        for key in keys {
            for stop in try of(key, transaction) {
                let values: [SQLValue] = [
                    .text(stop.kind.rawValue), .text(stop.brand ?? ""), .optional(stop.note), .text(stop.by),
                    .integer(stop.at),
                ]
                try transaction.batch(put, keys.map { [.text($0)] + values })
            }
        }
    }

    private static func tell(
        _ stop: PersonStop,
        _ keys: [String],
        isRemoved: Bool,
        by: String,
        _ transaction: any Transaction
    ) throws {
        try Evidence.append(
            keys.map { key in
                let body = JSONWriter.text { writer in
                    writer.beginObject()
                    writer.member("key", key)
                    writer.member("stop", stop.kind.rawValue)
                    if let brand = stop.brand { writer.member("brand", brand) }
                    if let note = stop.note { writer.member("note", note) }
                    writer.member("by", by)
                    writer.endObject()
                }
                return .init(
                    kind: isRemoved ? .stopRemoved : .stop,
                    message: nil,
                    addressKey: key,
                    body: Array(body.utf8)
                )
            },
            transaction
        )
        let detail = [stop.kind.rawValue, stop.brand, stop.note].compactMap(\.self).joined(separator: ", ")
        for key in keys { try AuditEntry.write(isRemoved ? .stopEnded : .stopGiven, key, detail, by: by, transaction) }
    }
}
