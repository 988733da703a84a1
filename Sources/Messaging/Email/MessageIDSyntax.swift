/// `dot-atom@dot-atom`, without angle brackets (RFC 5322, 3.6.4).
enum MessageIDSyntax {
    static func isValid(_ text: Span<UInt8>, needsDomain: Bool) -> Bool {
        var afterDot = true
        var hasAt = false
        for index in 0..<text.count {
            switch text[index] {
            case 0x2e:
                if afterDot { return false }
                afterDot = true
            case 0x40:
                if afterDot || hasAt { return false }
                hasAt = true
                afterDot = true
            case let byte:
                if !ASCIISet.atom.contains(byte) { return false }
                afterDot = false
            }
        }
        return !afterDot && (hasAt || !needsDomain)
    }
}
