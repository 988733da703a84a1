/// The name under which a part is saved.
struct Filename {
    private let text: String

    /// Spaces at the ends are dropped.
    init(_ given: String) throws(EmailMessageError) {
        let start = given.drop { $0 == " " }
        let text = String(start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.endIndex)])
        guard (1...255).contains(text.utf8.count), text != ".", text != "..",
            text.unicodeScalars.allSatisfy({ !$0.breaksHeaders && $0 != "/" && $0 != "\\" })
        else { throw .invalidFilename(given) }
        self.text = text
    }

    private static let maximumLine = 76

    /// Appends `;\r\n filename=...`: quoted when it is short and ASCII, else as an extended parameter, continued when
    /// long (RFC 2231).
    func appendParameter(to out: inout [UInt8]) {
        if isPlain {
            out.append(";\r\n filename=\"")
            out.append(text.utf8.span)
            out.append(0x22)
            return
        }
        var sections = sections()
        if sections.count == 1 {
            out.append(";\r\n filename*=utf-8''")
            out.append(contentsOf: sections[0])
            return
        }
        sections[0] = Array("utf-8''".utf8) + sections[0]
        for (number, section) in sections.enumerated() {
            out.append(";\r\n filename*")
            out.append(contentsOf: String(number).utf8)
            out.append("*=")
            out.append(contentsOf: section)
        }
    }

    /// Appends `;\r\n name="..."`, with an underscore for each character that is not plain ASCII: what programs see
    /// that know no RFC 2231. A name that is plain anyway needs none.
    ///
    /// It stands in another header than the name itself: one that gave both would have a parameter twice.
    func appendFallback(to out: inout [UInt8]) {
        if isPlain { return }
        out.append(";\r\n name=\"")
        for character in text.suffix(60) {
            let byte = character.asciiValue ?? 0x5f
            out.append(byte == 0x22 || byte == 0x3f ? 0x5f : byte)
        }
        out.append(0x22)
    }

    private var isPlain: Bool {
        text.utf8.count <= 60 && text.utf8.allSatisfy { ASCIISet.printable.contains($0) && $0 != 0x22 }
            && !text.contains("=?")
    }

    /// The percent-encoded name, cut between characters so that each piece fits a line.
    private func sections() -> [[UInt8]] {
        var sections: [[UInt8]] = []
        var section: [UInt8] = []
        let room = Self.maximumLine - 22
        for scalar in text.unicodeScalars {
            var encoded: [UInt8] = []
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                if ASCIISet.extendedParameter.contains(byte) {
                    encoded.append(byte)
                } else {
                    encoded.append(0x25)
                    encoded.append(hexadecimal: byte)
                }
            }
            if section.count + encoded.count > room {
                sections.append(section)
                section = []
            }
            section += encoded
        }
        sections.append(section)
        return sections
    }
}
