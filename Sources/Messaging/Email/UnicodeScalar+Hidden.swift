extension Unicode.Scalar {
    /// Control characters and the two separators that some programs take for a line break: what no header may carry.
    var breaksHeaders: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }

    /// White space, controls, and characters without a shape of their own, which nobody means to have in an address.
    /// The two joiners stay: Persian and Indic spelling needs them.
    var isHidden: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse, .unassigned: true
        case .format: value != 0x200c && value != 0x200d
        default: false
        }
    }

    /// `U+` and at least four hexadecimal digits.
    var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension String {
    /// The text between double quotes, shortened to 60 characters, without anything that would disturb a
    /// terminal or a log.
    var shown: String {
        var text = "\""
        for scalar in unicodeScalars.prefix(60) {
            if scalar.isHidden && scalar != " " {
                text += "<\(scalar.codePoint)>"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + (unicodeScalars.count > 60 ? "...\"" : "\"")
    }
}
