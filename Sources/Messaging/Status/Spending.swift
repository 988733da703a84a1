public import JSON
public import Storage

/// What a unit of a transport's costs: a text's segment, or a message.
public struct Price: Sendable, Equatable {
    /// Millionths of the currency.
    public let micros: Int64
    /// Such as `USD`.
    public let currency: String
}

extension Outcome {
    /// Whether the other side has taken it, or may have.
    var isPaidFor: Bool {
        switch self {
        case .accepted, .uncertain: true
        case .retry, .rejected, .held, .putBack: false
        }
    }
}

/// What was sent over transports that have a price, by day.
public struct Spending: Sendable {
    private let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    public struct Row: Sendable, Equatable {
        /// When the day began, UTC.
        public let day: Int64
        public let channel: Channel
        public let transport: String
        public let brand: String
        public let messages: Int64
        /// Segments of texts.
        public let units: Int64
        public let micros: Int64
        public let currency: String

        public var amount: String { Spending.amount(micros, currency) }

        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("day", String(Timestamp.text(day).prefix(10)))
            writer.member("channel", channel.rawValue)
            writer.member("transport", transport)
            writer.member("brand", brand)
            writer.member("messages", messages)
            writer.member("units", units)
            writer.member("amount", Spending.decimal(micros))
            writer.member("currency", currency)
            writer.endObject()
        }
    }

    private static let add = Statement(
        """
        INSERT INTO spending (day, channel, transport, brand, currency, messages, units, micros)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (day, channel, transport, brand, currency) DO UPDATE SET messages = spending.messages + excluded.messages,
            units = spending.units + excluded.units, micros = spending.micros + excluded.micros
        """
    )
    private static let list = Statement(
        """
        SELECT day, channel, transport, brand, messages, units, micros, currency FROM spending
        WHERE day >= $1 ORDER BY day DESC, channel, transport, brand, currency
        """
    )

    static let statements = [add, list]

    private struct Key: Hashable {
        let channel: Channel
        let transport: String
        let brand: String
        let currency: String
    }

    /// Writes what accepted attempts cost.
    static func write(_ settlements: [Settlement], _ transaction: any Transaction) throws {
        var sums: [Key: (messages: Int64, units: Int64, micros: Int64)] = [:]
        for settlement in settlements {
            guard let bill = settlement.bill, case .accepted = settlement.outcome else { continue }
            let handOff = settlement.handOff
            let key = Key(
                channel: handOff.channel,
                transport: settlement.transport,
                brand: handOff.brand,
                currency: bill.price.currency
            )
            let sum = sums[key] ?? (0, 0, 0)
            sums[key] = (
                sum.messages + 1, sum.units + Int64(bill.units), sum.micros + Int64(bill.units) * bill.price.micros
            )
        }
        guard !sums.isEmpty else { return }
        try transaction.batch(
            add,
            sums.map { key, sum in
                [
                    .integer(transaction.now / 86_400_000), .text(key.channel.rawValue), .text(key.transport),
                    .text(key.brand), .text(key.currency), .integer(sum.messages), .integer(sum.units),
                    .integer(sum.micros),
                ]
            }
        )
    }

    /// Newest first.
    ///
    /// - Parameter days: today is the first.
    public func list(days: Int, now: Int64) async throws -> [Row] {
        try await database.read {
            try $0.all(Spending.list, [.integer(now / 86_400_000 - Int64(days) + 1)]) { row in
                Row(
                    day: row.integer(0) * 86_400_000,
                    channel: Channel(rawValue: row.text(1)) ?? .sms,
                    transport: row.text(2),
                    brand: row.text(3),
                    messages: row.integer(4),
                    units: row.integer(5),
                    micros: row.integer(6),
                    currency: row.text(7)
                )
            }
        }
    }

    /// `12.0345 USD`.
    public static func amount(_ micros: Int64, _ currency: String) -> String { "\(decimal(micros)) \(currency)" }

    /// At least two decimals, at most six.
    static func decimal(_ micros: Int64) -> String {
        var digits = String(micros % 1_000_000)
        digits = String(repeating: "0", count: 6 - digits.count) + digits
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        return "\(micros / 1_000_000).\(digits)"
    }
}

/// What texts that wait will cost, as far as they were looked at.
public struct SpendingEstimate: Sendable {
    public struct Row: Sendable {
        public let brand: String
        public var messages: Int64 = 0
        public var segments: Int64 = 0

        /// What it will cost with each transport that has a price, in words.
        public func costs(_ prices: [(name: String, price: Price)]) -> String {
            guard !prices.isEmpty else { return "no price is configured" }
            return prices.map { "\(Spending.amount(segments * $0.price.micros, $0.price.currency)) (\($0.name))" }
                .joined(separator: " or ")
        }
    }

    public private(set) var rows: [String: Row] = [:]
    /// Not all that wait were looked at.
    public private(set) var isPartial = false

    static let most = 5000

    /// By brand.
    public var sorted: [Row] { rows.values.sorted { $0.brand < $1.brand } }

    /// Renders what waits, the newest first.
    public static func make(_ queue: Queue, _ composer: Composer) async throws -> SpendingEstimate {
        var estimate = SpendingEstimate()
        var filter = MessageFilter()
        (filter.channel, filter.state) = (.sms, .waiting)
        var before = Int64.max
        var count = 0
        while true {
            let messages = try await queue.list(filter, before: before, limit: 500)
            for message in messages {
                var row = estimate.rows[message.brand] ?? Row(brand: message.brand)
                row.messages += 1
                let segments = try? composer.parts(of: message).compactMap(\.segments?.count).reduce(0, +)
                row.segments += Int64(segments ?? 0)
                estimate.rows[message.brand] = row
            }
            count += messages.count
            guard messages.count == 500, let last = messages.last else { return estimate }
            before = last.id
            guard count < most else {
                estimate.isPartial = true
                return estimate
            }
        }
    }
}
