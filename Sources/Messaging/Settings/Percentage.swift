/// A part of something in configuration: `5%` or `0.1%`.
public struct Percentage: Sendable, Hashable, Codable, CustomStringConvertible {
    /// From 0 to 1.
    public let part: Double

    public init(_ part: Double) {
        self.part = part
    }

    public init?(_ text: String) {
        guard text.hasSuffix("%"), text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
            let number = Double(text.dropLast()), (0...100).contains(number)
        else { return nil }
        part = number / 100
    }

    public var description: String {
        let number = (part * 1e8).rounded() / 1e6
        return number == number.rounded() ? "\(Int(number))%" : "\(number)%"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let percentage = Percentage(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is no part: write it like 5% or 0.1%"
            )
        }
        self = percentage
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
