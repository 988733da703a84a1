/// What a subject must not say (15 USC 7704(a)(2); Google's sender guidelines: no `Re:` or `Fwd:` but in replies).
enum SubjectLint {
    /// Reply and forward marks as mail programs write them, in several languages.
    private static var marks: Regex<Substring> {
        /^\s*(?:re|fw|fwd|aw|wg|sv|vs|rif|antw|odp)\s*(?:\[\d+\])?\s*:/.ignoresCase()
    }

    static func check(_ subject: [UInt8], text: [UInt8], place: String) throws(Rejection) {
        let subject = String(decoding: subject, as: UTF8.self)
        if let match = subject.firstMatch(of: marks) {
            throw Rejection(
                place,
                "the subject begins like a reply (\(match.output)), and the message is none: leave that out"
            )
        }
        guard let amount = ChannelRules.amount(in: subject) else { return }
        let numbers = String(decoding: text, as: UTF8.self).matches(of: /[0-9](?:[0-9.,']*[0-9])?/)
            .map { $0.output.filter(\.isNumber) }
        guard numbers.contains(amount.filter(\.isNumber)) else {
            throw Rejection(place, "the subject shows an amount (\(amount)) that the text does not: they must agree")
        }
    }
}
