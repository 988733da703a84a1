/// An enhanced mail system status code such as `5.1.1` (RFC 3463).
public struct EnhancedStatus: Sendable, Hashable, CustomStringConvertible {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    public var category: UInt8
    /// 0...999: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 security or policy.
    public var subject: UInt16
    /// 0...999.
    public var detail: UInt16

    public init(_ category: UInt8, _ subject: UInt16, _ detail: UInt16) {
        self.category = category
        self.subject = subject
        self.detail = detail
    }

    /// The code at the start of a reply's text; `nil` when the text does not start with one.
    public init?(prefixOf text: some Sequence<UInt8>) {
        var numbers: (Int, Int, Int) = (0, 0, 0)
        var digits = 0
        var part = 0
        scan: for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                guard digits <= 3 else { return nil }
                let digit = Int(byte - UInt8(ascii: "0"))
                switch part {
                case 0: numbers.0 = numbers.0 * 10 + digit
                case 1: numbers.1 = numbers.1 * 10 + digit
                default: numbers.2 = numbers.2 * 10 + digit
                }
            case UInt8(ascii: ".") where digits > 0 && part < 2:
                part += 1
                digits = 0
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"):
                break scan
            default:
                return nil
            }
        }
        guard part == 2, digits > 0, [2, 4, 5].contains(numbers.0) else { return nil }
        self.init(UInt8(numbers.0), UInt16(numbers.1), UInt16(numbers.2))
    }

    public var description: String { "\(category).\(subject).\(detail)" }
}
