/// A rate such as `10/s`, `600/min`, `1000/h` or `5000/d`.
public struct RateSettings: Sendable, Codable, Equatable, CustomStringConvertible {
    public let perSecond: Double
    /// How it was written.
    let text: String

    public var description: String { text }

    public init?(_ text: String) {
        let halves = text.split(separator: "/")
        let units: [Substring: Double] = ["s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400]
        guard halves.count == 2, let count = Double(halves[0]), count.isFinite, count > 0,
            let seconds = units[halves[1]], (1e-7...1_000_000).contains(count / seconds)
        else { return nil }
        perSecond = count / seconds
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let rate = RateSettings(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is no rate: write it like 10/s, 600/min, 1000/h or 5000/d"
            )
        }
        self = rate
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// - Parameters:
    ///   - rate: `nil` for no limit.
    ///   - burst: how many may leave at once; default what the rate allows in a second.
    static func limit(_ rate: RateSettings?, burst: Int?, _ place: String) throws(Rejection) -> RateLimit? {
        guard let rate else {
            if burst != nil { throw Rejection("\(place).burst", "it means nothing without a rate") }
            return nil
        }
        if let burst, !(1...1_000_000).contains(burst) {
            throw Rejection("\(place).burst", "it must be from 1 to 1000000")
        }
        return RateLimit(perSecond: rate.perSecond, burst: burst ?? Int(rate.perSecond.rounded(.up)))
    }
}
