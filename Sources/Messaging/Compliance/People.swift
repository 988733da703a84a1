public import JSON
public import Storage

/// Which addresses are one person's, and what is kept of a person.
public struct People: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let messages = Statement("SELECT id FROM message WHERE address_key = $1 ORDER BY id")
    private static let open = Statement(
        "SELECT count(*) FROM message WHERE address_key = $1 AND state IN ('waiting', 'held', 'sending')"
    )
    private static let finished = Statement(
        "SELECT id, state FROM message WHERE address_key = $1 AND finished_at IS NOT NULL ORDER BY id LIMIT $2"
    )

    private static let eraseRaw = Statement(
        """
        UPDATE hook SET raw = NULL, detail = NULL, address_key = NULL
        WHERE message IN (SELECT id FROM message WHERE address_key = $1) OR (transport, reference) IN (
            SELECT r.transport, r.reference FROM provider_reference r JOIN message m ON m.id = r.message
            WHERE m.address_key = $1
        ) OR address_key = $1
        """
    )

    static let statements = [messages, open, finished, eraseRaw]

    // MARK: - Addresses

    /// All keys that are known of the person of one; that one alone where nothing is known.
    static func keys(_ key: String, _ connection: any Connection) throws -> [String] {
        try [key] + (Addressee.of(key, connection)?.others(than: key, connection) ?? [])
    }

    /// The same no for the person's other addresses.
    static func others(of entry: OptOuts.Entry, _ connection: any Connection) throws -> [OptOuts.Entry] {
        // That an address is gone says nothing of the others.
        guard entry.source != OptOut.bounce, !entry.isAlone else { return [] }
        return try keys(entry.addressKey, connection).dropFirst().map { key in
            var other = entry
            (other.addressKey, other.address) = (key, key)
            other.note = ["said by \(entry.address)", entry.note].compactMap(\.self).joined(separator: ": ")
            return other
        }
    }

    /// Makes addresses one person's. What one of them has said no to, all have from then on.
    ///
    /// - Parameter keys: two or more.
    /// - Returns: all addresses of the person.
    public func merge(_ keys: [String], by: String) async throws -> [String] {
        try await database.write(.power) { transaction in
            guard let first = keys.first else { return [] }
            try Addressee.join(keys, transaction)
            let all = try People.keys(first, transaction)
            // The union: a no is lost by no merge, nor by an erasure before it.
            try OptOuts.uncover(all, transaction)
            for key in all {
                let entries = try OptOuts.covering(key, transaction).filter {
                    $0.source != OptOut.bounce && !$0.isAlone
                }.map {
                    OptOuts.Entry(
                        addressKey: $0.addressKey,
                        address: $0.address,
                        scope: $0.scope,
                        source: $0.source,
                        note: $0.note,
                        at: $0.at
                    )
                }
                _ = try OptOuts.add(entries, by: by, transaction)
            }
            try PersonStops.spread(all, transaction)
            try LegalHolds.spread(all, transaction)
            try AuditEntry.write(.peopleMerged, first, all.joined(separator: ", "), by: by, transaction)
            return all
        }
    }

    // MARK: - What is kept

    public struct Record: Sendable {
        public let addresses: [String]
        public let messages: [Int64]
        public let optOuts: [OptOut]
        public let consents: [Consent]
        public let stops: [PersonStop]
        /// Of each address of which something is known.
        public let facts: [(address: String, facts: PersonFacts)]
        /// Why nothing may be erased; `nil` where it may.
        public let hold: LegalHold?

        /// As `person show --json` gives it.
        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            func list<Element>(_ name: String, _ elements: [Element], _ body: (Element, inout JSONWriter) -> Void) {
                writer.name(name)
                writer.beginArray()
                for element in elements { body(element, &writer) }
                writer.endArray()
            }
            list("addresses", addresses) { $1.string($0) }
            list("messages", messages) { $1.integer($0) }
            list("opt_outs", optOuts) { $0.write(to: &$1) }
            list("consents", consents) { $0.write(to: &$1) }
            list("stops", stops) { $0.write(to: &$1) }
            writer.name("known")
            writer.beginObject()
            for (address, known) in facts {
                writer.name(address)
                known.write(to: &writer)
            }
            writer.endObject()
            if let hold { writer.member("hold", hold.reason) }
            writer.endObject()
        }
    }

    /// All that is kept of a person, by one of their addresses.
    public func show(_ key: String) async throws -> Record {
        try await database.read { connection in
            let keys = try People.keys(key, connection)
            return Record(
                addresses: keys,
                messages: try keys.flatMap { try connection.all(People.messages, [.text($0)]) { $0.integer(0) } },
                optOuts: try keys.flatMap { try OptOuts.known($0, connection) },
                consents: try keys.flatMap { try Consents.of($0, connection) },
                stops: try PersonStops.of(key, connection),
                facts: try keys.compactMap { key in
                    guard let known = try Addressee.of(key, connection)?.facts, !known.isEmpty else { return nil }
                    return (key, known)
                },
                hold: try LegalHolds.of(key, connection)
            )
        }
    }

    /// Says of an address whose it is, and of all that are known to be the person's in which language and zones they live; what is `nil`
    /// stays.
    public func describe(_ key: String, _ change: PersonFacts, by: String) async throws {
        try await database.write(.power) { transaction in
            for address in try People.keys(key, transaction) {
                var known = try Addressee.of(address, transaction)?.facts ?? PersonFacts()
                if address == key { known.kind = change.kind ?? known.kind }
                known.language = change.language ?? known.language
                if !change.zones.isEmpty { known.zones = change.zones }
                try Addressee.put(known, of: address, transaction)
            }
            let detail = ([change.kind?.rawValue, change.language].compactMap(\.self) + change.zones).joined(
                separator: ", "
            )
            try AuditEntry.write(.personDescribed, key, detail, by: by, transaction)
        }
    }

    public struct Erasure: Sendable, Equatable {
        public var messages = 0
        public var evidence = 0
        /// Messages that are still to go, and are kept.
        public var open: Int64 = 0
    }

    /// Erases what was written to a person, and what they wrote: finished messages and replies with their words, and the words of the
    /// evidence about messages. What they said no to stays, its address as a keyed hash where nothing is to go to it any more, as do
    /// the evidence of that, stops, consents with their proof, and the chain with its digests.
    ///
    /// - Parameter caps: how far rules that count look back, milliseconds: so long a trace without words is left of each message.
    /// - Returns: `nil` where a legal hold forbids it.
    public func erase(_ key: String, caps: Int64, by: String) async throws -> Erasure? {
        let keys = try await database.read { try People.keys(key, $0) }
        var erasure = Erasure()
        for key in keys {
            let isHeld = try await database.write(.power) { transaction in
                guard try LegalHolds.of(key, transaction) == nil else { return true }
                try transaction.execute(People.eraseRaw, [.text(key)])
                try Replies.erase(key, transaction)
                try StopWording.forget(key, transaction)
                return false
            }
            if isHeld { return nil }
            while true {
                let count = try await database.write(.power) { transaction -> Int? in
                    guard try LegalHolds.of(key, transaction) == nil else { return nil }
                    let found = try transaction.all(People.finished, [.text(key), .integer(500)]) {
                        (id: $0.integer(0), state: MessageState(rawValue: $0.text(1)) ?? .sent)
                    }
                    for (state, messages) in Dictionary(grouping: found, by: \.state) {
                        try Queue.forget(messages.map(\.id), in: state, caps: caps, transaction)
                    }
                    return found.count
                }
                guard let count else { return nil }
                erasure.messages += count
                if count < 500 { break }
            }
            let rest = try await database.write(.power) { transaction -> (evidence: Int, open: Int64)? in
                guard try LegalHolds.of(key, transaction) == nil else { return nil }
                let count = try Evidence.erase(key, transaction)
                let open = try transaction.first(People.open, [.text(key)]) { $0.integer(0) } ?? 0
                // While there is still to go, what they said no to must be found, and whose other addresses are.
                if open == 0 {
                    try OptOuts.hide(key, try AddressHash(transaction), transaction)
                    try Addressee.forget(key, transaction)
                }
                return (count, open)
            }
            guard let rest else { return nil }
            erasure.evidence += rest.evidence
            erasure.open += rest.open
        }
        let done = erasure
        try await database.write(.power) { transaction in
            let detail = "\(done.messages) messages, the words of \(done.evidence) rows of evidence"
            // Whom it was about would be what is erased.
            try AuditEntry.write(.personErased, "a person", detail, by: by, transaction)
        }
        return erasure
    }
}
