import Glibc

/// What every email must say at its end and does not say already: who sends it and where they are, how to say no, and that it
/// is an advertisement where it is one (16 CFR 316; 15 USC 7704(a)(5)).
struct EmailFooter {
    let brand: Brand
    let language: Language
    /// Where one says no; `nil` where the installation has no public address.
    let link: String?
    let isCommercial: Bool
    /// It must say that it is from a debt collector.
    var isOfCollector = false

    /// Which of the lines a part lacks.
    private struct Missing {
        var address = false
        var stop = false
        var advertisement = false
        var collector = false

        var isAnything: Bool { address || stop || advertisement || collector }
    }

    /// How a text asks for the word that one answers with.
    private static let replies = [
        "\"stop\"", "“stop”", "„stop“", "«stop»", "« stop »", "&ldquo;stop&rdquo;", "&quot;stop&quot;", "'stop'",
    ]

    static func asksForReply(_ bytes: [UInt8]) -> Bool {
        replies.contains { contains(bytes, $0) } || contains(bytes, "STOP", isWord: true)
    }

    private func missing(_ bytes: [UInt8], escaping: Bool) -> Missing {
        func has(_ text: String) -> Bool {
            EmailFooter.contains(bytes, escaping ? EmailFooter.escaped(text) : text)
        }
        return Missing(
            address: !has(brand.settings.postalAddress),
            stop: link.map { !has($0) } ?? !EmailFooter.asksForReply(bytes),
            advertisement: isCommercial && !has(language.advertisement),
            collector: isOfCollector && !has(language.fromCollector)
        )
    }

    func complete(text: inout [UInt8]) {
        let missing = missing(text, escaping: false)
        guard missing.isAnything else { return }
        while text.last == 0x0a || text.last == 0x0d { text.removeLast() }
        text.append("\n\n-- ")
        for line in lines(missing) { text.append("\n", line) }
        if missing.stop {
            if let link {
                text.append("\n", language.stopHere)
                text.append(":\n", link)
            } else {
                text.append("\n", language.stopByReply)
            }
        }
        text.append("\n")
    }

    func complete(html: inout [UInt8]) {
        let missing = missing(html, escaping: true)
        guard missing.isAnything else { return }
        var block: [UInt8] = []
        block.reserveCapacity(1024)
        var before: StaticString =
            "<div style=\"margin:24px 0 0;padding:12px 0;border-top:1px solid #888;font-size:13px\">"
        for line in lines(missing) {
            block.append(before, EmailFooter.escaped(line))
            before = "<br>"
        }
        if missing.stop {
            block.append(before)
            if let link {
                block.append("<a href=\"", EmailFooter.escaped(link))
                block.append("\">", EmailFooter.escaped(language.stopHere))
                block.append("</a>")
            } else {
                block += EmailFooter.escaped(language.stopByReply).utf8
            }
        }
        block.append("</div>\n")
        html.insert(contentsOf: block, at: EmailFooter.endOfBody(html))
    }

    /// What stands above the way to say no.
    private func lines(_ missing: Missing) -> [String] {
        var lines: [String] = []
        if missing.advertisement { lines.append(language.advertisement) }
        if missing.collector { lines.append(language.fromCollector) }
        if missing.address { lines += [brand.settings.name, brand.settings.postalAddress] }
        return lines
    }

    /// Before the last `</body>`, else before the last `</html>`, else at the end.
    private static func endOfBody(_ html: [UInt8]) -> Int {
        for tag in ["</body", "</html"] {
            let word = Array(tag.utf8)
            var index = html.count - word.count
            while index >= 0 {
                if html[index] == word[0], zip(html[index...], word).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                    return index
                }
                index -= 1
            }
        }
        return html.count
    }

    /// - Parameter isWord: only where no letter and no hyphen stands beside it.
    static func contains(_ bytes: [UInt8], _ text: String, isWord: Bool = false) -> Bool {
        var text = text
        return text.withUTF8 { word in
            guard let start = word.baseAddress, word.count > 0 else { return true }
            return bytes.withUnsafeBytes { bytes in
                guard var place = bytes.baseAddress else { return false }
                let (beginning, end) = (place, place + bytes.count)
                func isFree(_ byte: UInt8) -> Bool {
                    byte < 0x80 && byte != 0x2d && !Character(Unicode.Scalar(byte)).isLetter
                }
                func stands(_ found: UnsafeRawPointer) -> Bool {
                    let after = found + word.count
                    return (found == beginning || isFree((found - 1).load(as: UInt8.self)))
                        && (after == end || isFree(after.load(as: UInt8.self)))
                }
                while end - place >= word.count,
                    let found = memchr(place, Int32(start[0]), end - place - word.count + 1)
                {
                    if memcmp(found, start, word.count) == 0, !isWord || stands(found) { return true }
                    place = UnsafeRawPointer(found) + 1
                }
                return false
            }
        }
    }

    private static func escaped(_ text: String) -> String {
        var given = text
        guard given.withUTF8({ $0.contains(where: isMarkup) }) else { return text }
        return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    private static func isMarkup(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x26, 0x3c, 0x3e, 0x22, 0x27: true
        default: false
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ before: StaticString, _ text: String) {
        append(before)
        append(text.utf8.span)
    }
}
