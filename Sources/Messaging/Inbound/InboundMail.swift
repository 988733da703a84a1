import Foundation

/// What a mail that came in says: it is a bounce, a complaint, an automatic answer, or a person's reply.
public struct InboundMail: Sendable, Equatable {
    public enum Matter: Sendable, Equatable {
        /// A report of a mail server about a message of ours (RFC 3464).
        case bounce(DeliveryReceipt.Status, detail: String)
        /// A mailbox provider reports that its user called a message spam (RFC 5965).
        case complaint
        /// Nobody has written it (RFC 3834): it means nothing.
        case automatic
        /// A person asks for something, or may.
        case wish(WishReader.Wish, text: String)
        /// A person has answered.
        case reply(text: String)
    }

    public let matter: Matter
    /// Our message, where the mail proves which: by our Message-ID, or by the return path that it came to.
    public let message: Int64?
    /// Whom our message went to, as a report of it says.
    public let recipient: String?
    /// Who sent it, as it says.
    public let from: String
    public let subject: String

    /// Of a reply so much is kept; characters.
    static let mostText = 4000

    /// - Parameters:
    ///   - bytes: the mail as it came.
    ///   - recipient: whom it was delivered to, where the mail server says so.
    ///   - ids: knows our Message-IDs.
    public init(_ bytes: [UInt8], recipient: String? = nil, ids: MessageIDs) {
        let mail = MIMEPart(bytes)
        from = InboundMail.address(mail.header("from") ?? "")
        subject = InboundMail.decoded(mail.header("subject") ?? "")
        let returned = mail.all.dropFirst()
        let report = returned.first { $0.type == "message/delivery-status" }
        let feedback = returned.first { $0.type == "message/feedback-report" }
        message = InboundMail.message(mail, Array(returned), recipient, ids)
        self.recipient = feedback.flatMap { InboundMail.fields($0)["original-rcpt-to"] }.map(InboundMail.address)
        if let feedback {
            let fields = InboundMail.fields(feedback)
            // Other kinds, such as "not-spam", say nothing against us.
            let kind = fields["feedback-type"]?.lowercased() ?? ""
            matter = ["abuse", "fraud", "opt-out", "opt-out-list"].contains(kind) ? .complaint : .automatic
        } else if let report {
            matter = InboundMail.bounce(report)
        } else if InboundMail.isAutomatic(mail) {
            matter = .automatic
        } else {
            let text = InboundMail.newText(mail)
            if InboundMail.asksBySubject(subject) {
                matter = .wish(.stop, text: subject)
            } else if let wish = InboundMail.wish(text) {
                matter = .wish(wish, text: String(text.prefix(InboundMail.mostText)))
            } else {
                matter = .reply(text: String(text.prefix(InboundMail.mostText)))
            }
        }
    }

    // MARK: - Whose

    private static func message(
        _ mail: MIMEPart,
        _ returned: [MIMEPart],
        _ recipient: String?,
        _ ids: MessageIDs
    ) -> Int64? {
        var candidates = [recipient].compactMap(\.self)
        for name in ["delivered-to", "x-original-to", "envelope-to", "to"] {
            candidates += mail.headers.filter { $0.name == name }.map(\.value)
        }
        for text in candidates {
            if let id = ids.message(ofReturnPath: address(text)) { return id }
        }
        var words: [Substring] = []
        for part in returned { words += (part.header("message-id") ?? "").split(whereSeparator: \.isWhitespace) }
        for name in ["in-reply-to", "references"] {
            words += (mail.header(name) ?? "").split(whereSeparator: \.isWhitespace).reversed()
        }
        return words.lazy.prefix(100).compactMap { ids.message(of: String($0)) }.first
    }

    /// The address of `Ada <ada@example.com>`, as it stands.
    static func address(_ text: String) -> String {
        let text = String(text.unicodeScalars.prefix(1000))
        if let open = text.lastIndex(of: "<"), let close = text[open...].firstIndex(of: ">") {
            return String(text[text.index(after: open)..<close])
        }
        return text.trimmingCharacters(in: .whitespaces)
    }

    // MARK: - Reports

    /// `name: value` lines of a report; of several the last recipient's.
    private static func fields(_ part: MIMEPart) -> [String: String] {
        var fields: [String: String] = [:]
        for line in bounded(part.text).replacing("\r\n", with: "\n").replacing("\n ", with: " ").replacing(
            "\n\t",
            with: " "
        )
        .split(separator: "\n").prefix(200) {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let name = halves[0].trimmingCharacters(in: .whitespaces).lowercased()
            fields[name] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    /// RFC 3464, 2.3: `Action` says what was done, `Status` why.
    private static func bounce(_ report: MIMEPart) -> Matter {
        let fields = fields(report)
        let action = (fields["action"] ?? "").lowercased().prefix { $0.isLetter }
        let status = (fields["status"] ?? "").prefix { $0.isNumber || $0 == "." }
        let words = [String(status), fields["diagnostic-code"] ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let detail = String(words.prefix(500))
        switch action {
        case "failed": return .bounce(.failed(reason(status)), detail: detail)
        case "delivered", "relayed", "expanded":
            return .bounce(action == "delivered" ? .delivered : .underway, detail: detail)
        case "delayed": return .bounce(.underway, detail: detail)
        default:
            return status.hasPrefix("5") ? .bounce(.failed(reason(status)), detail: detail) : .automatic
        }
    }

    /// Only these say that the address does not exist; 5.7.x is our own standing (RFC 3463, 3).
    private static func reason(_ status: Substring) -> Outcome.Reason {
        let parts = status.split(separator: ".").map(String.init)
        guard parts.count == 3, parts[0] == "5" else { return .temporary }
        switch (parts[1], parts[2]) {
        case ("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10"), ("2", "1"): return .recipient
        case ("7", _): return .policy
        default: return .permanent
        }
    }

    /// RFC 3834; the header may carry comments. A null return path is a mail server's.
    private static func isAutomatic(_ mail: MIMEPart) -> Bool {
        if let word = mail.header("auto-submitted") {
            let kind = word.lowercased().prefix { $0.isLetter || $0 == "-" }
            if kind != "no" { return true }
        }
        if mail.header("return-path")?.replacing(" ", with: "") == "<>" { return true }
        let precedence = mail.header("precedence")?.lowercased() ?? ""
        if ["bulk", "list", "junk", "auto_reply"].contains(precedence) { return true }
        return mail.header("x-autoreply") != nil || mail.header("x-autorespond") != nil
            || mail.type == "multipart/report"
    }

    // MARK: - What a person wrote

    private static func asksBySubject(_ subject: String) -> Bool {
        let words = WishReader.words(subject).joined(separator: " ")
        return ["unsubscribe", "stop", "opt out", "optout", "remove", "abmelden", "desabonner"].contains(words)
    }

    /// A plain word in one of the first lines counts, whatever stands around it, such as a greeting or a signature.
    private static func wish(_ text: String) -> WishReader.Wish? {
        let lines = text.split(separator: "\n").prefix(10).map { WishReader.read(String($0)) }
        if lines.contains(.stop) { return .stop }
        return WishReader.read(text) ?? (lines.contains(.review) ? .review : nil)
    }

    /// The text without what it quotes: our own footer speaks of stopping too.
    static func newText(_ mail: MIMEPart) -> String {
        let plain = mail.all.first { $0.type == "text/plain" && $0.parts.isEmpty }?.text ?? ""
        var text = bounded(plain)
        if text.allSatisfy(\.isWhitespace) {
            // Some programs write tens of kilobytes of styles before the first word.
            text = bounded(strip(bounded(mail.all.first { $0.type == "text/html" }?.text ?? "", to: 200_000)))
        }
        var lines: [Substring] = []
        var isQuote = false
        for line in text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).prefix(
            2000
        ) {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix(">") {
                // What stands below what is quoted line by line is theirs again.
                isQuote = false
                continue
            }
            if isEnd(trimmed) { break }
            if isQuoteIntroduction(trimmed) {
                isQuote = true
                continue
            }
            if !isQuote || lines.isEmpty && !trimmed.isEmpty { lines.append(line) }
        }
        return lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Unicode scalars of a text that are looked at.
    private static func bounded(_ text: String, to count: Int = 8000) -> String {
        String(text.unicodeScalars.prefix(count))
    }

    /// The mark of a signature, or of a whole message below.
    private static func isEnd(_ line: String) -> Bool {
        line == "--" || line.hasPrefix("-----Original Message") || line.hasPrefix("________________")
    }

    /// What mail programs write above what they quote.
    private static func isQuoteIntroduction(_ line: String) -> Bool {
        let begins = ["On ", "Am ", "Le ", "El ", "Il ", "Op "].contains(where: line.hasPrefix)
        return line.utf8.count < 500 && begins && (line.hasSuffix(":") || line.contains("@") && line.contains("<"))
    }

    /// HTML without an element, in one pass. A head may end without a tag: then only its own goes.
    private static func without(_ name: String, _ html: [UInt8]) -> [UInt8] {
        func begins(_ tag: [UInt8], at index: Int) -> Bool {
            guard index + tag.count < html.count else { return false }
            for (offset, byte) in tag.enumerated() where html[index + offset] | 0x20 != byte | 0x20 { return false }
            return [0x3e, 0x20, 0x09, 0x0a, 0x0d, 0x2f].contains(html[index + tag.count])
        }
        let (opening, closing) = (Array("<\(name)".utf8), Array("</\(name)".utf8))
        var kept: [UInt8] = []
        var start = 0
        while let tag = (start..<html.count).first(where: { html[$0] == 0x3c && begins(opening, at: $0) }) {
            kept += html[start..<tag]
            let close = (tag..<html.count).first { html[$0] == 0x3c && begins(closing, at: $0) }
            let isOpen = close == nil && name == "head"
            guard let end = html[(isOpen ? tag : close ?? html.count)...].firstIndex(of: 0x3e) else { return kept }
            start = end + 1
        }
        return kept + html[start...]
    }

    private static func strip(_ html: String) -> String {
        var bytes = Array(html.utf8)
        for name in ["style", "script", "title", "head"] { bytes = without(name, bytes) }
        var html = String(decoding: bytes, as: UTF8.self)
        // What is quoted is none of theirs.
        if let start = html.range(of: "<blockquote", options: .caseInsensitive),
            let end = html.range(of: "</blockquote>", options: [.caseInsensitive, .backwards]),
            start.lowerBound < end.lowerBound
        {
            html.removeSubrange(start.lowerBound..<end.upperBound)
        }
        var text = ""
        var isTag = false
        for character in html.replacing("<br", with: "\n<br").replacing("</p>", with: "\n</p>")
            .replacing("</div>", with: "\n</div>")
        {
            switch character {
            case "<": isTag = true
            case ">": isTag = false
            default: if !isTag { text.append(character) }
            }
        }
        return text.replacing("&nbsp;", with: " ").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }

    /// Encoded words (RFC 2047) as their text.
    static func decoded(_ header: String) -> String {
        String(header.unicodeScalars.prefix(1000)).replacing(/=\?[A-Za-z0-9_-]+\?([BbQq])\?([^?]*)\?=/) { match in
            let bytes: [UInt8]
            if match.1.lowercased() == "b" {
                bytes = Data(base64Encoded: String(match.2)).map(Array.init) ?? []
            } else {
                let source = "Content-Transfer-Encoding: quoted-printable\n\n" + match.2.replacing("_", with: " ")
                bytes = Array(MIMEPart(Array(source.utf8)).text.utf8)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension MessageIDs {
    /// The return path of a message: bounces that come to it prove whose they are.
    ///
    /// - Parameter path: of the brand, such as `bounces@acme.example`.
    func returnPath(for id: Int64, _ path: String) -> String {
        guard let at = path.lastIndex(of: "@") else { return path }
        return "\(path[..<at])+\(messageID(for: id, domain: "").dropLast())\(path[at...])"
    }

    /// The message whose return path this is.
    func message(ofReturnPath address: String) -> Int64? {
        guard let plus = address.lastIndex(of: "+"), let at = address.lastIndex(of: "@"), plus < at else { return nil }
        return message(of: "\(address[address.index(after: plus)..<at])@")
    }
}
