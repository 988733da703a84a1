/// What a subject must not say (15 USC 7704(a)(2); Google's sender guidelines: no `Re:` or `Fwd:` but in replies).
///
/// It runs for every message that comes in, so it walks bytes.
enum SubjectLint {
    /// Reply and forward marks as mail programs write them, in several languages.
    private static let marks: Set<String> = ["re", "fw", "fwd", "aw", "wg", "sv", "vs", "rif", "antw", "odp"]

    /// - Parameter text: the words as they were given, without what is added at their end.
    static func check(_ subject: [UInt8], text: [UInt8], place: String) throws(Rejection) {
        if let mark = mark(subject) {
            throw Rejection(
                place,
                "the subject begins like a reply (\(mark):), and the message is none: leave that out"
            )
        }
        for number in numbers(subject) where isMoney(number, in: subject) {
            let value = value(subject[number])
            guard numbers(text).contains(where: { SubjectLint.value(text[$0]) == value }) else {
                let amount = String(decoding: subject[number], as: UTF8.self)
                throw Rejection(
                    place,
                    "the subject shows an amount (\(amount)) that the text does not: they must agree"
                )
            }
        }
    }

    /// `Re` of `Re: x` and `RE[2]: x`.
    private static func mark(_ subject: [UInt8]) -> String? {
        guard let colon = subject.prefix(20).firstIndex(of: 0x3a) else { return nil }
        let head = String(decoding: subject[..<colon], as: UTF8.self).split(separator: "[").first ?? ""
        let word = head.lowercased().filter { !$0.isWhitespace }
        return marks.contains(word) ? word : nil
    }

    /// Where digits stand, with the points, commas and apostrophes between them.
    private static func numbers(_ bytes: [UInt8]) -> [Range<Int>] {
        var numbers: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            guard isDigit(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            var end = index + 1
            while end < bytes.count {
                if isDigit(bytes[end]) {
                    end += 1
                } else if [0x2e, 0x2c, 0x27].contains(bytes[end]), end + 1 < bytes.count, isDigit(bytes[end + 1]) {
                    end += 2
                } else {
                    break
                }
            }
            numbers.append(start..<end)
            index = end
        }
        return numbers
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Whether a currency's sign or code stands beside a number.
    private static func isMoney(_ number: Range<Int>, in bytes: [UInt8]) -> Bool {
        let before = String(decoding: bytes[..<number.lowerBound].suffix(8), as: UTF8.self)
        let after = String(decoding: bytes[number.upperBound...].prefix(8), as: UTF8.self)
        let (left, right) = (
            before.reversed().drop { $0 == " " || $0 == "\u{a0}" }, after.drop { $0 == " " || $0 == "\u{a0}" }
        )
        if left.first.map(isSign) ?? false || right.first.map(isSign) ?? false { return true }
        return codes.contains(String(left.prefix(3).reversed())) && !(left.dropFirst(3).first?.isLetter ?? false)
            || codes.contains(String(right.prefix(3))) && !(right.dropFirst(3).first?.isLetter ?? false)
    }

    private static func isSign(_ character: Character) -> Bool { "$€£¥₹₴₽₺₩".contains(character) }

    private static let codes: Set<String> = [
        "USD", "EUR", "GBP", "CHF", "CAD", "AUD", "JPY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "UAH",
    ]

    /// The digits of an amount, in hundredths where it has any: `1,200` and `1.200,00` are the same.
    private static func value(_ number: ArraySlice<UInt8>) -> [UInt8] {
        let digits = number.filter(isDigit)
        // What stands behind the last point or comma: two digits are hundredths, `5.5` has one of them, three are thousands.
        let decimals = number.reversed().prefix(while: isDigit).count
        let count = decimals < number.count && decimals <= 2 ? decimals : 0
        return digits + Array(repeating: 0x30, count: 2 - count)
    }
}
