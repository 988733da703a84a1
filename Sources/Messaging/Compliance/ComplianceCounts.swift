public import Storage

/// How often which rule decided, and how recipients took what they got: by day and brand, and of email by mailbox provider.
public struct ComplianceCounts: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    /// What is counted; the subject is a rule, or a mailbox provider.
    public enum Kind: String, Sendable {
        case blocked, deferred
        case sent, bounced, complained
        /// The recipient was refused at once, by the server that we talk to.
        case refused
        case optedOut = "opted_out"
    }

    struct Key: Hashable, Sendable {
        let brand: String
        let kind: Kind
        let subject: String
    }

    public struct Row: Sendable {
        /// Counted from 1970, UTC.
        public let day: Int64
        public let brand: String
        public let kind: Kind
        public let subject: String
        public let count: Int64
    }

    private static let add = Statement(
        """
        INSERT INTO compliance_count (day, brand, kind, subject, count) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (day, brand, kind, subject) DO UPDATE SET count = compliance_count.count + excluded.count
        """
    )
    private static let list = Statement(
        """
        SELECT day, brand, kind, subject, count FROM compliance_count WHERE day >= $1
        ORDER BY brand, kind, subject, day
        """
    )

    static let statements = [add, list]

    static func add(_ counts: [Key: Int64], _ transaction: any Transaction) throws {
        guard !counts.isEmpty else { return }
        let day = SQLValue.integer(transaction.now / 86_400_000)
        try transaction.batch(
            add,
            counts.map { key, count in
                [day, .text(key.brand), .text(key.kind.rawValue), .text(key.subject), .integer(count)]
            }
        )
    }

    /// Of each of the last days, today among them.
    public func list(days: Int, now: Int64) async throws -> [Row] {
        let first = now / 86_400_000 - Int64(days) + 1
        return try await database.read { connection in
            try connection.all(ComplianceCounts.list, [.integer(first)]) { row in
                Row(
                    day: row.integer(0),
                    brand: row.text(1),
                    kind: Kind(rawValue: row.text(2)) ?? .sent,
                    subject: row.text(3),
                    count: row.integer(4)
                )
            }
        }
    }
}
