import Foundation
import Messaging

/// Random emails over many scripts, the same for the same seed.
struct MailCorpus: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// An email with what went into it.
    struct Sample: Encodable {
        var eml = Data()
        var fromName: String?
        var from = ""
        var toName: String?
        var to = ""
        var subject = ""
        var text = ""
        var html: String?
        var date: Int64 = 0
        var messageID = ""
        var header = ""
        var unsubscribe = ""
        var filenames: [String] = []
        var files: [Data] = []
        var contentIDs: [String] = []
        var inline: [Data] = []
    }

    static let scripts: [[ClosedRange<UInt32>]] = [
        [0x61...0x7a, 0x41...0x5a],
        [0x61...0x7a, 0xc0...0xff, 0x100...0x17f],
        [0x3b1...0x3c9, 0x391...0x3a1],
        [0x410...0x44f],
        [0x627...0x64a, 0x64b...0x652],
        [0x5d0...0x5ea],
        [0x904...0x939, 0x93e...0x94d],
        [0x4e00...0x9fa5, 0x3041...0x3096, 0xac00...0xd7a3],
        [0x1f300...0x1f5ff, 0x1f600...0x1f64f, 0x1f3fb...0x1f3ff, 0x200d...0x200d, 0x1f1e6...0x1f1ff],
        [0x21...0x7e],
        [0x61...0x7a, 0x300...0x36f],
    ]

    static let pitfalls = [
        ".", "..", "...dots", ".\r\n.\r\n", "From here on", "From ", "=?utf-8?Q?fake?=", "=?", "?=", "=_", "--=_m",
        "=20",
        "a@b.example", "<b>", "\"quoted\"", "back\\slash", "(comment)", "a,b;c:d", "  two  spaces", "-- ", "--",
        "\u{85}",
        "\u{2028}", "\u{feff}", "\u{a0}", "%41", "'", "&amp;", "*", "_", "https://example.com/?a=1&b=2=3",
    ]

    mutating func word() -> String {
        if Int.random(in: 0..<8, using: &self) == 0, let pitfall = Self.pitfalls.randomElement(using: &self) {
            return pitfall
        }
        let script = Self.scripts[Int.random(in: 0..<Self.scripts.count, using: &self)]
        var text = ""
        for _ in 0..<Int.random(in: 1...10, using: &self) {
            let range = script[Int.random(in: 0..<script.count, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Words on one line, without what a header may not carry.
    mutating func line(words: ClosedRange<Int>) -> String {
        var words = (0..<Int.random(in: words, using: &self)).map { _ in word() }
        if Int.random(in: 0..<10, using: &self) == 0 { words.append(String(repeating: word(), count: 40)) }
        let text = words.joined(separator: " ")
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !Self.breaksHeaders($0) }))
    }

    private static func breaksHeaders(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || [0x2028, 0x2029].contains(scalar.value)
    }

    /// Several lines, with any line ends, blank lines, spaces at the end, and now and then a very long line.
    mutating func text() -> String {
        let ascii = Int.random(in: 0..<3, using: &self) == 0
        var text = ""
        for _ in 0..<Int.random(in: 0...12, using: &self) {
            var line = Int.random(in: 0..<6, using: &self) == 0 ? "" : self.line(words: 1...12)
            if ascii { line = String(String.UnicodeScalarView(line.unicodeScalars.filter(\.isASCII))) }
            if Int.random(in: 0..<20, using: &self) == 0 { line += String(repeating: line + "x", count: 30) }
            if Int.random(in: 0..<6, using: &self) == 0 { line = "." + line }
            if Int.random(in: 0..<6, using: &self) == 0 { line += " \t" }
            text += line
            text += ["\n", "\r\n", "\n", "\r", "\n\n"][Int.random(in: 0..<5, using: &self)]
        }
        return Int.random(in: 0..<2, using: &self) == 0 ? text + line(words: 1...3) : text
    }

    mutating func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...400, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    mutating func filename() -> String {
        var name = line(words: 1...6)
        name.removeAll { $0 == "/" || $0 == "\\" }
        while name.utf8.count > 200 { name.removeLast() }
        while name.first?.isWhitespace == true { name.removeFirst() }
        return name + ".pdf"
    }

    /// A name of a mailbox: single spaces, no word so long that it cannot be one encoded-word.
    mutating func name() -> String? {
        guard Int.random(in: 0..<6, using: &self) != 0 else { return nil }
        let words = (0..<4).map { _ in line(words: 1...1) }
        let short = words.flatMap { $0.split(separator: " ") }.filter { $0.utf8.count < 20 }
        let name = short.prefix(Int.random(in: 1...12, using: &self)).joined(separator: " ")
        return name.isEmpty ? nil : name
    }

    mutating func sample() throws -> Sample {
        var sample = Sample()
        let addresses = ["ada@example.com", "a.b+c@xn--bcher-kva.example", "\"odd one\"@mail.example.org"]
        sample.from = addresses[Int.random(in: 0..<2, using: &self)]
        sample.to = addresses[Int.random(in: 0..<3, using: &self)]
        sample.fromName = name()
        sample.toName = name()
        sample.subject = line(words: 0...16)
        sample.text = text()
        sample.html = Int.random(in: 0..<3, using: &self) == 0 ? nil : "<p>" + text() + "</p>"
        sample.date = Int64.random(in: 0..<4_000_000_000_000, using: &self)
        sample.messageID = MessageIDs(secret: "s").messageID(
            for: Int64.random(in: 1...1_000_000, using: &self),
            domain: "acme.example"
        )
        sample.header = "x" + line(words: 1...8) + "x"
        sample.unsubscribe =
            "https://example.com/u/" + String(repeating: "a", count: Int.random(in: 1...100, using: &self))
        var attachments: [EmailAttachment] = []
        for _ in 0..<[0, 0, 1, 2][Int.random(in: 0..<4, using: &self)] {
            let filename = filename()
            let file = bytes()
            sample.filenames.append(filename)
            sample.files.append(Data(file))
            attachments.append(try EmailAttachment(filename: filename, contentType: "application/pdf", bytes: file))
        }
        var inline: [InlinePart] = []
        if sample.html != nil {
            for number in 0..<[0, 0, 1, 2][Int.random(in: 0..<4, using: &self)] {
                let file = bytes()
                sample.contentIDs.append("part\(number)@acme.example")
                sample.inline.append(Data(file))
                inline.append(
                    try InlinePart(contentID: "part\(number)@acme.example", contentType: "image/png", bytes: file)
                )
            }
        }
        let message = try EmailMessage(
            headers: EmailHeaders(
                from: Self.mailbox(sample.fromName, sample.from),
                replyTo: Self.mailbox(sample.toName, sample.from),
                custom: [HeaderField(name: "X-Note", value: sample.header)]
            ),
            to: Self.mailbox(sample.toName, sample.to),
            subject: Array(sample.subject.utf8),
            text: Array(sample.text.utf8),
            html: sample.html.map { Array($0.utf8) },
            messageID: sample.messageID,
            date: sample.date,
            unsubscribe: OneClickUnsubscribe(url: sample.unsubscribe),
            inline: inline,
            attachments: attachments
        )
        var eml: [UInt8] = []
        message.append(to: &eml)
        sample.eml = Data(eml)
        return sample
    }

    private static func mailbox(_ name: String?, _ address: String) throws -> Mailbox {
        try Mailbox(name: name ?? "", address: EmailAddress(parsing: address))
    }
}
