public import Storage

/// Brings the matching keys of phone numbers into E.164. Databases of before kept them as digits, as they were written: an
/// opt-out under such a key would cover nothing any more.
public enum PhoneKeys {
    private static let isDone = Statement("SELECT 1 FROM setting WHERE name = 'phone_keys'")
    private static let done = Statement(
        "INSERT INTO setting (name, value) VALUES ('phone_keys', 'E.164') ON CONFLICT (name) DO NOTHING"
    )
    private static let optOuts = Statement(
        "SELECT id, address_key FROM opt_out WHERE id > $1 AND address_key NOT LIKE '%@%' ORDER BY id LIMIT 1000"
    )
    private static let copy = Statement(
        """
        INSERT INTO opt_out (address_key, channel, brand, category, address, source, note, at)
        SELECT $2, channel, brand, category, address, source, note, at FROM opt_out WHERE id = $1
        ON CONFLICT (address_key, channel, brand, category) DO NOTHING
        """
    )
    private static let messages = Statement(
        """
        SELECT id, address_key FROM message
        WHERE id > $1 AND channel IN ('sms', 'call') AND finished_at IS NULL ORDER BY id LIMIT 1000
        """
    )
    private static let move = Statement("UPDATE message SET address_key = $2 WHERE id = $1")

    static let statements = [isDone, done, optOuts, copy, messages, move]

    /// Does nothing when it was done before.
    ///
    /// - Parameter region: the country of numbers without its code.
    /// - Returns: the keys of opt-outs that are no number that is known: they cover what is written just so, and no more.
    public static func upgrade(_ database: any Database, region: String?) async throws -> [String] {
        guard try await database.read({ try $0.first(isDone, []) { _ in true } }) == nil else { return [] }
        return try await database.write(.power) { transaction in
            var unknown: [String] = []
            try each(optOuts, transaction) { id, key in
                guard let phone = phone(key, region: region) else {
                    unknown.append(key)
                    return
                }
                guard phone != key else { return }
                try transaction.execute(copy, [.integer(id), .text(phone)])
                try transaction.execute(OptOuts.deleteByID, [.integer(id)])
            }
            try each(messages, transaction) { id, key in
                guard let phone = phone(key, region: region), phone != key else { return }
                try transaction.execute(move, [.integer(id), .text(phone)])
            }
            try transaction.execute(done, [])
            return unknown
        }
    }

    private static func each(
        _ statement: Statement,
        _ transaction: any Transaction,
        _ body: (Int64, String) throws -> Void
    ) throws {
        var after: Int64 = 0
        while true {
            let rows = try transaction.all(statement, [.integer(after)]) { ($0.integer(0), $0.text(1)) }
            guard let last = rows.last else { return }
            for (id, key) in rows
            where !key.isEmpty && key.utf8.allSatisfy({ $0 == 0x2b || (0x30...0x39).contains($0) }) {
                try body(id, key)
            }
            after = last.0
        }
    }

    private static func phone(_ key: String, region: String?) -> String? {
        guard Simulation(address: key) == nil else { return key }
        return try? Recipient.key(of: key, channel: .sms, region: region)
    }
}
