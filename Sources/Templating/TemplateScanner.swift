import JSON

/// Splits a source into texts and tags. Delimiters change on the way, and a tag that has its line to itself takes the
/// whole line with it (interpolations never do).
struct TemplateScanner {
    struct Flaw {
        var message: String
        var line: Int
        var column: Int
    }

    let source: [UInt8]
    private(set) var tokens: [TemplateToken] = []
    private(set) var flaws: [Flaw] = []
    /// Whether the scan came to the end of the source.
    private(set) var isComplete = false
    private var opening = Array("{{".utf8)
    private var closing = Array("}}".utf8)
    /// What ends the tag that is being read.
    private var closingExpected: [UInt8] = []
    private var textStart = 0
    private var place = TextPosition(line: 1, column: 1)
    private var placed = 0

    init(source: [UInt8]) {
        self.source = source
    }

    mutating func scan() {
        if source.starts(with: [0xEF, 0xBB, 0xBF]) { textStart = 3 }
        placed = textStart
        guard isValidUTF8() else { return }
        var at = textStart
        while let start = find(opening, from: at) {
            advance(to: start)
            guard let end = tag(at: start) else {
                flaw("the tag is not closed: '\(String(decoding: closingExpected, as: UTF8.self))' was expected")
                return
            }
            at = end
        }
        appendText(upTo: source.count)
        isComplete = true
    }

    /// - Returns: where the source goes on, or `nil` where the tag has no end.
    private mutating func tag(at start: Int) -> Int? {
        var contentStart = start + opening.count
        while contentStart < source.count, isBlank(source[contentStart]) { contentStart += 1 }
        let sigil = contentStart < source.count ? source[contentStart] : 0
        let kind: TemplateTag.Kind
        closingExpected = closing
        switch sigil {
        case UInt8(ascii: "#"): kind = .section
        case UInt8(ascii: "^"): kind = .invertedSection
        case UInt8(ascii: "/"): kind = .close
        case UInt8(ascii: ">"): kind = .partial
        case UInt8(ascii: "&"): kind = .unescapedVariable
        case UInt8(ascii: "!"): kind = .silent
        case UInt8(ascii: "{"):
            kind = .unescapedVariable
            closingExpected = [UInt8(ascii: "}")] + closing
        case UInt8(ascii: "="):
            kind = .silent
            closingExpected = [UInt8(ascii: "=")] + closing
        default: kind = .variable
        }
        if kind != .variable { contentStart += 1 }
        guard let contentEnd = find(closingExpected, from: contentStart) else { return nil }
        let end = contentEnd + closingExpected.count
        let line = kind == .variable || kind == .unescapedVariable ? nil : lineOfItsOwn(start, end)
        let name = trimmed(contentStart..<contentEnd)

        appendText(upTo: line?.lowerBound ?? start)
        textStart = line?.upperBound ?? end
        if sigil == UInt8(ascii: "=") {
            setDelimiters(name)
        } else if sigil != UInt8(ascii: "!"), !check(name, of: kind) {
            return end
        }
        tokens.append(
            .tag(
                TemplateTag(
                    kind: kind,
                    name: name,
                    start: start,
                    indentation: line.map { $0.lowerBound..<start },
                    line: place.line,
                    column: place.column
                )
            )
        )
        return line?.upperBound ?? end
    }

    private mutating func appendText(upTo end: Int) {
        if textStart < end { tokens.append(.text(textStart..<end)) }
    }

    /// The whole line around a tag, its line break included, if there are but blanks beside the tag.
    private func lineOfItsOwn(_ start: Int, _ end: Int) -> Range<Int>? {
        var lower = start
        while lower > textStart, isIndentation(source[lower - 1]) { lower -= 1 }
        guard lower == 0 || source[lower - 1] == 0x0A || (lower == 3 && textStart == 3 && source[0] == 0xEF) else {
            return nil
        }
        var upper = end
        while upper < source.count, isIndentation(source[upper]) { upper += 1 }
        if upper == source.count { return lower..<upper }
        if source[upper] == 0x0D, upper + 1 < source.count, source[upper + 1] == 0x0A { upper += 1 }
        return source[upper] == 0x0A ? lower..<(upper + 1) : nil
    }

    private mutating func setDelimiters(_ content: Range<Int>) {
        let pair = source[content].split(whereSeparator: isBlank)
        guard pair.count == 2, !pair[0].contains(UInt8(ascii: "=")), !pair[1].contains(UInt8(ascii: "=")) else {
            flaw("two delimiters without '=' were expected, as in '{{=<% %>=}}'")
            return
        }
        opening = Array(pair[0])
        closing = Array(pair[1])
    }

    private mutating func check(_ name: Range<Int>, of kind: TemplateTag.Kind) -> Bool {
        let bytes = source[name]
        guard let first = bytes.first else {
            flaw("the tag is empty: a name was expected")
            return false
        }
        let shown =
            String(decoding: bytes.prefix(60), as: UTF8.self).split { $0.isNewline }.first.map(String.init) ?? ""
        if kind == .partial {
            if first == UInt8(ascii: "*") {
                flaw("'{{>*' (a partial named by a variable) is not supported")
                return false
            }
        } else if kind == .variable, first == UInt8(ascii: "<") || first == UInt8(ascii: "$") {
            flaw("'{{\(Character(Unicode.Scalar(first)))' (template inheritance) is not supported")
            return false
        }
        if bytes.contains(where: isBlank) {
            flaw("the name '\(shown)' must not contain blanks")
            return false
        }
        if kind != .partial, bytes.count > 1 || first != UInt8(ascii: "."),
            bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).contains(where: \.isEmpty)
        {
            flaw("the name '\(shown)' has an empty part")
            return false
        }
        return true
    }

    private mutating func isValidUTF8() -> Bool {
        var at = 0
        let invalid: Int? = source.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return nil }
            while at < bytes.count {
                let length = utf8SequenceLength(base + at, available: bytes.count - at)
                if length == 0 { return at }
                at += length
            }
            return nil
        }
        guard let invalid else { return true }
        advance(to: invalid)
        flaw("the text is not valid UTF-8 here")
        return false
    }

    private mutating func flaw(_ message: String) {
        flaws.append(Flaw(message: message, line: place.line, column: place.column))
    }

    private mutating func advance(to offset: Int) {
        let between = source[placed..<offset].withUnsafeBytes { TextPosition(of: $0.count, in: $0) }
        place.column = between.line == 1 ? place.column + between.column - 1 : between.column
        place.line += between.line - 1
        placed = offset
    }

    private func find(_ needle: [UInt8], from start: Int) -> Int? {
        var at = start
        while at + needle.count <= source.count {
            if source[at] == needle[0], source[at...].starts(with: needle) { return at }
            at += 1
        }
        return nil
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isBlank(source[lower]) { lower += 1 }
        while lower < upper, isBlank(source[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    private func isIndentation(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || 0x09...0x0D ~= byte
    }
}
