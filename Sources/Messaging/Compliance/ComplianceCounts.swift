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

    private static let busiest = Statement(
        """
        SELECT subject, day, sum(count) FROM compliance_count WHERE kind = 'sent' AND subject IN ('google', 'microsoft')
        GROUP BY subject, day HAVING sum(count) >= CASE WHEN subject = 'google' THEN $1 ELSE $2 END
        ORDER BY sum(count) DESC, day
        """
    )

    static let statements = [add, list, busiest]

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

    /// A provider that may count the sender as a bulk sender, and ask more of it.
    public struct BulkSender: Sendable, Equatable {
        /// `google` or `microsoft`.
        public let provider: String
        /// The busiest, counted from 1970, UTC.
        public let day: Int64
        public let count: Int64
    }

    /// Where bulk senders begin: "close to 5,000" in 24 hours at Gmail, and for good
    /// (<https://support.google.com/a/answer/14229414>); more than 5,000 a day at Outlook.com, as its postmaster page says.
    static let bulk = (google: Int64(4_500), microsoft: Int64(5_001))

    /// Providers count by domain and any 24 hours; this counts all brands together, as they may share a domain, and days.
    public func bulkSenders() async throws -> [BulkSender] {
        let (google, microsoft) = ComplianceCounts.bulk
        let busiest = try await database.read { connection in
            try connection.all(ComplianceCounts.busiest, [.integer(google), .integer(microsoft)]) {
                BulkSender(provider: $0.text(0), day: $0.integer(1), count: $0.integer(2))
            }
        }
        return ["google", "microsoft"].compactMap { provider in busiest.first { $0.provider == provider } }
    }
}
