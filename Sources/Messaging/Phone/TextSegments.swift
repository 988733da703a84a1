/// How a text message is split for the air: its alphabet, and how many segments it takes, each of which is paid for
/// (3GPP TS 23.038, 6.2.1 and 23.040, 9.2.3.24.1).
public struct TextSegments: Sendable, Equatable {
    public enum Alphabet: String, Sendable {
        /// The GSM 7-bit default alphabet: 160 characters, 153 in each of several; `^{}\[~]|€` count twice.
        case gsm7 = "GSM-7"
        /// UTF-16: 70 units, 67 in each of several.
        case ucs2 = "UCS-2"
    }

    public let alphabet: Alphabet
    /// At least 1.
    public let count: Int
    /// Septets or UTF-16 units.
    public let units: Int

    /// `2 segments, GSM-7, 161 characters`.
    public var summary: String {
        "\(count == 1 ? "1 segment" : "\(count) segments"), \(alphabet.rawValue), \(units) characters"
    }

    private static let basic = Set<Unicode.Scalar>(
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
            + "abcdefghijklmnopqrstuvwxyzäöñüà").unicodeScalars
    )
    private static let extended = Set<Unicode.Scalar>("\u{c}^{}\\[~]|€".unicodeScalars)

    public init(_ text: String) {
        let scalars = text.unicodeScalars
        let isGSM = scalars.allSatisfy { TextSegments.basic.contains($0) || TextSegments.extended.contains($0) }
        alphabet = isGSM ? .gsm7 : .ucs2
        let (single, part) = isGSM ? (160, 153) : (70, 67)
        var units = 0
        var count = 1
        var inPart = 0
        for scalar in scalars {
            let width = isGSM ? (TextSegments.extended.contains(scalar) ? 2 : 1) : scalar.value > 0xffff ? 2 : 1
            units += width
            inPart += width
            // Neither an escaped character nor a surrogate pair is split.
            if inPart > part {
                count += 1
                inPart = width
            }
        }
        self.units = units
        self.count = units <= single ? 1 : count
    }
}
