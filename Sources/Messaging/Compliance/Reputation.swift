public import Storage

/// What mailbox providers say themselves of a brand's mail: Gmail sends no reports of complaints, and shows the rate in its
/// Postmaster Tools (<https://support.google.com/a/answer/81126>).
public struct Reputation: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    /// The part of a day's mail that was called spam.
    public struct Figure: Sendable, Equatable {
        public let brand: String
        /// Such as `google`.
        public let provider: String
        /// Counted from 1970, UTC.
        public let day: Int64
        /// From 0 to 1.
        public let spam: Double

        public init(brand: String, provider: String, day: Int64, spam: Double) {
            self.brand = brand
            self.provider = provider
            self.day = day
            self.spam = spam
        }

        /// As a person enters it.
        ///
        /// - Parameters:
        ///   - day: such as `2026-11-30`; `nil` for today.
        ///   - spam: such as `0.12%`.
        ///   - brands: those that there are.
        public init(
            brand: String,
            provider: String,
            day: String?,
            spam: String,
            brands: [String],
            now: Int64
        ) throws(Rejection) {
            try OptOut.Scope(brand: brand).check(brands: brands)
            guard provider.wholeMatch(of: /[a-z0-9][a-z0-9.-]{0,59}/) != nil else {
                throw Rejection("provider", "'\(provider)' is no name: write it like google")
            }
            guard let part = Percentage(spam.filter { !$0.isWhitespace }) else {
                throw Rejection("spam", "'\(spam)' is no part: write it like 0.12%")
            }
            var date = now
            if let day {
                guard SendHoursSettings.date(day) != nil, let time = Timestamp.parse("\(day)T00:00:00Z"), time <= now
                else {
                    throw Rejection("day", "'\(day)' is no day that has been: write it like 2026-11-30")
                }
                date = time
            }
            self.init(brand: brand, provider: provider, day: date / 86_400_000, spam: part.part)
        }
    }

    private static let put = Statement(
        """
        INSERT INTO reputation (day, brand, provider, spam, actor) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (day, brand, provider) DO UPDATE SET spam = excluded.spam, actor = excluded.actor
        """
    )
    private static let list = Statement(
        "SELECT brand, provider, day, spam FROM reputation WHERE day >= $1 ORDER BY day DESC, brand, provider"
    )

    static let statements = [put, list]

    /// Enters a day's figure, in the place of the one of before.
    public func enter(_ figure: Figure, by: String) async throws {
        try await database.write(.power) { transaction in
            let values: [SQLValue] = [
                .integer(figure.day), .text(figure.brand), .text(figure.provider),
                .integer(Int64((figure.spam * 1e6).rounded())), .text(by),
            ]
            try transaction.execute(Reputation.put, values)
            let day = Timestamp.text(figure.day * 86_400_000).prefix(10)
            let detail = "\(figure.provider), \(day): \(Percentage(figure.spam)) called spam"
            try AuditEntry.write(.figureEntered, figure.brand, detail, by: by, transaction)
        }
    }

    /// Of the last days, newest first.
    public func list(days: Int, now: Int64) async throws -> [Figure] {
        let first = now / 86_400_000 - Int64(days) + 1
        return try await database.read { connection in
            try connection.all(Reputation.list, [.integer(first)]) {
                Figure(
                    brand: $0.text(0),
                    provider: $0.text(1),
                    day: $0.integer(2),
                    spam: Double($0.integer(3)) / 1e6
                )
            }
        }
    }
}
