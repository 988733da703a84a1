import Storage

/// Running totals, kept in the transaction that changes what they count.
enum Tally {
    static let accepted = "accepted"

    static func pruned(_ state: MessageState) -> String { "pruned:\(state.rawValue)" }

    private static let addTo = Statement(
        """
        INSERT INTO tally (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = tally.value + excluded.value
        """
    )
    private static let list = Statement("SELECT name, value FROM tally")

    static let statements = [addTo, list]

    static func add(_ count: Int64, to name: String, _ transaction: any Transaction) throws {
        try transaction.execute(addTo, [.text(name), .integer(count)])
    }

    static func all(_ connection: any Connection) throws -> [String: Int64] {
        Dictionary(
            try connection.all(list) { ($0.text(0), $0.integer(1)) },
            uniquingKeysWith: { _, last in last }
        )
    }
}
