import JSON
public import Storage

/// The opt-out table.
public struct OptOuts: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    /// What may be taken back without the recipient having said so: a plain no takes its place, so that it is not taken back with
    /// it.
    private static let weak = [OptOut.review, OptOut.bounce, OptOut.provider].map { "'\($0)'" }.joined(separator: ", ")

    private static let columns = "id, address_key, channel, brand, category, address, source, note, at, alone"
    private static let byKey = Statement("SELECT \(columns) FROM opt_out WHERE address_key = $1 ORDER BY id")
    private static let page = Statement("SELECT \(columns) FROM opt_out WHERE id > $1 ORDER BY id LIMIT $2")
    private static let insert = Statement(
        """
        INSERT INTO opt_out (address_key, channel, brand, category, address, source, note, at, alone)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (address_key, channel, brand, category) DO UPDATE SET
            source = excluded.source, note = excluded.note, at = excluded.at, alone = excluded.alone
        WHERE opt_out.source IN (\(weak)) AND excluded.source NOT IN (\(weak))
            OR opt_out.alone > excluded.alone AND excluded.source NOT IN (\(weak))
        """
    )
    private static let latest = Statement("SELECT \(columns) FROM opt_out ORDER BY id DESC LIMIT $1")
    private static let byID = Statement("SELECT \(columns) FROM opt_out WHERE id = $1")
    static let deleteByID = Statement("DELETE FROM opt_out WHERE id = $1")
    private static let count = Statement("SELECT count(*) FROM opt_out")

    private static let hashed = Statement(
        "SELECT 1 FROM opt_out WHERE address_key >= 'hash:' AND address_key < 'hash;' LIMIT 1"
    )

    static let statements = [byKey, page, latest, insert, byID, deleteByID, count, hashed]

    /// An opt-out to be stored.
    public struct Entry: Sendable {
        public var addressKey: String
        public var address: String
        public var scope: OptOut.Scope
        public var source: String
        public var note: String?
        /// When the no was said; `nil` is now.
        public var at: Int64?
        /// The message that brought it.
        public var message: Int64?
        /// It is about this address alone, and about no other of the person.
        public var isAlone = false

        public init(
            addressKey: String,
            address: String,
            scope: OptOut.Scope = .init(),
            source: String,
            note: String? = nil,
            at: Int64? = nil,
            message: Int64? = nil
        ) {
            self.message = message
            self.addressKey = addressKey
            self.address = address
            self.scope = scope
            self.source = source
            self.note = note
            self.at = at
        }

        /// As it will stand.
        func optOut(now: Int64) -> OptOut {
            OptOut(
                id: 0,
                addressKey: addressKey,
                scope: scope,
                address: address,
                source: source,
                note: note,
                at: at ?? now,
                isAlone: isAlone
            )
        }

        /// What subscribers are told of it.
        func news(now: Int64) -> [UInt8] {
            let optOut = optOut(now: now)
            return Array(
                JSONWriter.text { writer in
                    writer.beginObject()
                    optOut.writeMembers(to: &writer)
                    writer.endObject()
                }.utf8
            )
        }
    }

    /// Stores them durably; one that stands already stays as it is, unless it is weaker.
    ///
    /// - Parameter by: who does it, for the audit log.
    /// - Returns: how many are new.
    public func add(_ entries: [Entry], by: String) async throws -> Int {
        try await database.write(.power) { try OptOuts.add(entries, by: by, $0) }
    }

    static func add(_ entries: [Entry], by: String, _ transaction: any Transaction) throws -> Int {
        // A no of one address is a no of the person.
        let entries = try entries + entries.flatMap { try People.others(of: $0, transaction) }
        let changes = try transaction.batch(
            insert,
            entries.map { entry in
                key(entry.addressKey, entry.scope) + [
                    .text(entry.address), .text(entry.source), .optional(entry.note),
                    .integer(entry.at ?? transaction.now), .integer(entry.isAlone ? 1 : 0),
                ]
            }
        )
        let added = zip(entries, changes).filter { $0.1 > 0 }.map(\.0)
        for entry in added {
            let detail = AuditEntry.detail(entry.scope, source: entry.source, note: entry.note, at: nil, by: by)
            try AuditEntry.write(.optOutAdded, entry.address, detail, by: by, transaction)
        }
        // What recipients said themselves; an operator's list says nothing of how a brand's mail is taken.
        let own: Set<String> = ["link", "one-click", OptOut.reply]
        var counts: [ComplianceCounts.Key: Int64] = [:]
        for entry in added where own.contains(entry.source) {
            counts[.init(brand: entry.scope.brand ?? "", kind: .optedOut, subject: entry.source), default: 0] += 1
        }
        try ComplianceCounts.add(counts, transaction)
        for message in Set(added.compactMap(\.message)) { try Runs.optedOut(message, transaction) }
        let now = transaction.now
        try Evidence.append(added.map { .init($0.optOut(now: now), by: by, isRemoved: false) }, transaction)
        try News.write(.optedOut, added.map { $0.news(now: transaction.now) }, transaction)
        return added.count
    }

    /// - Parameter by: who does it, for the audit log.
    /// - Returns: whether it stood.
    public func remove(addressKey: String, scope: OptOut.Scope, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            let standing = try OptOuts.known(addressKey, transaction).filter { $0.scope == scope }
            return try OptOuts.remove(standing, by: by, transaction)
        }
    }

    /// - Returns: whether it stood.
    public func remove(id: Int64, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            try OptOuts.remove(try transaction.all(OptOuts.byID, [.integer(id)], OptOuts.read), by: by, transaction)
        }
    }

    /// The log keeps what the row said, since the row goes.
    ///
    /// - Returns: whether any stood.
    static func remove(_ optOuts: [OptOut], by: String, _ transaction: any Transaction) throws -> Bool {
        for optOut in optOuts {
            try transaction.execute(deleteByID, [.integer(optOut.id)])
            let detail = AuditEntry.detail(
                optOut.scope,
                source: optOut.source,
                note: optOut.note,
                at: optOut.at,
                by: by
            )
            try AuditEntry.write(.optOutRemoved, optOut.address, detail, by: by, transaction)
        }
        try Evidence.append(optOuts.map { .init($0, by: by, isRemoved: true) }, transaction)
        let news = optOuts.map { optOut in Array(JSONWriter.text { optOut.write(to: &$0) }.utf8) }
        try News.write(.optOutRemoved, news, transaction)
        return !optOuts.isEmpty
    }

    /// Returns when no message that a stored no covers starts to leave any more: a hand-off holds for 250 ms, and a worker
    /// may have asked the gate just before the no was written.
    public func takeEffect() async throws {
        if database.worker() != nil { try await Task.sleep(for: .milliseconds(260)) }
    }

    /// What the token of an opt-out link says; `nil` for what is none of ours.
    public func link(_ token: String) async throws -> OptOutLink? {
        try await Installation.optOutTokens(database).open(token)
    }

    public func covering(_ addressKey: String) async throws -> [OptOut] {
        try await database.read { try OptOuts.known(addressKey, $0) }
    }

    /// The ones after `id`, oldest first.
    public func list(after id: Int64 = 0, limit: Int) async throws -> [OptOut] {
        try await database.read { try $0.all(OptOuts.page, [.integer(id), .integer(Int64(limit))], OptOuts.read) }
    }

    public func find(_ id: Int64) async throws -> OptOut? {
        try await database.read { try $0.first(OptOuts.byID, [.integer(id)], OptOuts.read) }
    }

    public func count() async throws -> Int64 { try await database.read { try OptOuts.count($0) } }

    static func covering(_ addressKey: String, _ connection: any Connection) throws -> [OptOut] {
        try connection.all(byKey, [.text(addressKey)], read)
    }

    // MARK: - Of people who are erased

    /// Keeps what an erased person has said no to, without their address.
    static func hide(_ addressKey: String, _ hash: AddressHash, _ transaction: any Transaction) throws {
        try move(try covering(addressKey, transaction), to: hash.of(addressKey), address: OptOut.erased, transaction)
    }

    /// Writes what an erased person has said no to under their address again, as somebody wants to write to it.
    static func uncover(_ addressKeys: some Sequence<String>, _ transaction: any Transaction) throws {
        guard try transaction.first(hashed, [], { _ in true }) ?? false else { return }
        let hash = try AddressHash(transaction)
        for key in Set(addressKeys) {
            try move(try covering(hash.of(key), transaction), to: key, address: key, transaction)
        }
    }

    /// Where one of the same scope stands, the stronger one holds.
    private static func move(
        _ optOuts: [OptOut],
        to addressKey: String,
        address: String,
        _ transaction: any Transaction
    ) throws {
        for optOut in optOuts {
            try transaction.execute(deleteByID, [.integer(optOut.id)])
            try transaction.execute(
                insert,
                key(addressKey, optOut.scope) + [
                    .text(address), .text(optOut.source), .null, .integer(optOut.at),
                    .integer(optOut.isAlone ? 1 : 0),
                ]
            )
        }
    }

    /// All that cover an address, of before an erasure too.
    static func known(_ addressKey: String, _ connection: any Connection) throws -> [OptOut] {
        let plain = try covering(addressKey, connection)
        guard try connection.first(hashed, [], { _ in true }) ?? false else { return plain }
        return try plain
            + covering(try AddressHash(connection).of(addressKey), connection).map { $0.renamed(addressKey) }
    }

    static func newest(_ limit: Int, _ connection: any Connection) throws -> [OptOut] {
        try connection.all(latest, [.integer(Int64(limit))], read)
    }

    static func count(_ connection: any Connection) throws -> Int64 {
        try connection.first(count) { $0.integer(0) } ?? 0
    }

    private static func key(_ addressKey: String, _ scope: OptOut.Scope) -> [SQLValue] {
        [
            .text(addressKey), .text(scope.channel?.rawValue ?? ""), .text(scope.brand ?? ""),
            .text(scope.category ?? ""),
        ]
    }

    private static func read(_ row: any Row) -> OptOut {
        func scoped(_ column: Int) -> String? {
            let text = row.text(column)
            return text.isEmpty ? nil : text
        }
        return OptOut(
            id: row.integer(0),
            addressKey: row.text(1),
            scope: .init(channel: scoped(2).flatMap { Channel(rawValue: $0) }, brand: scoped(3), category: scoped(4)),
            address: row.text(5),
            source: row.text(6),
            note: row.optionalText(7),
            at: row.integer(8),
            isAlone: row.integer(9) != 0
        )
    }
}
