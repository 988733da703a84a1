/// Gives every message its Message-ID: the same at each try, and readable back when it returns in a bounce.
public struct MessageIDs: Sendable {
    private let hash: StableHash

    /// - Parameter secret: tells this installation from others that count their messages too. Whoever does not know it
    ///   cannot make up an id that ``message(of:)`` accepts.
    public init(secret: String) {
        self.hash = StableHash(secret: secret)
    }

    /// `dunlin.<id>.<16 hexadecimal digits>@<domain>`, without angle brackets.
    ///
    /// - Parameter domain: in A-labels, usually the sender's ``EmailAddress/asciiDomain``.
    public func messageID(for id: Int64, domain: String) -> String {
        "dunlin.\(id).\(tag(of: id))@\(domain)"
    }

    /// The message whose Message-ID this is; `nil` for any that ``messageID(for:domain:)`` did not give. Angle
    /// brackets may stand around it; the domain is not looked at, and case makes no difference.
    public func message(of messageID: String) -> Int64? {
        var text = messageID.lowercased()[...]
        if text.hasPrefix("<"), text.hasSuffix(">") { text = text.dropFirst().dropLast() }
        guard let at = text.firstIndex(of: "@") else { return nil }
        let fields = text[..<at].split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == "dunlin", let id = Int64(fields[1]), String(id) == fields[1],
            fields[2] == tag(of: id)
        else { return nil }
        return id
    }

    private func tag(of id: Int64) -> String {
        let bytes = withUnsafeBytes(of: id.littleEndian) { Array($0) }
        var digits: [UInt8] = []
        digits.append(hexadecimal: hash.hash(bytes.span))
        return String(decoding: digits, as: UTF8.self).lowercased()
    }
}
