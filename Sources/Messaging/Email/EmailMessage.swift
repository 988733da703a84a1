/// An email as it goes out: everything in it is checked when it is made, so that building its bytes cannot fail.
///
/// | given | structure |
/// |---|---|
/// | text | `text/plain` |
/// | and HTML | `multipart/alternative` of text and HTML |
/// | and inline parts | the HTML inside a `multipart/related` |
/// | and attachments | all of that inside a `multipart/mixed` |
///
/// The same message gives the same bytes, each time.
public struct EmailMessage: Sendable {
    public let headers: EmailHeaders
    public let to: Mailbox
    public let messageID: String
    private let subject: [UInt8]
    private let text: [UInt8]
    private let html: [UInt8]?
    private let date: MailDate
    private let fields: [HeaderField]
    private let unsubscribe: OneClickUnsubscribe?
    private let inline: [InlinePart]
    private let attachments: [EmailAttachment]

    /// - Parameters:
    ///   - headers: what the brand's messages have in common: sender, `Reply-To`, custom headers.
    ///   - subject: UTF-8, one line.
    ///   - text: UTF-8, any line ends, no NUL.
    ///   - html: likewise; `nil` for text alone.
    ///   - messageID: without angle brackets; the same at each try.
    ///   - date: milliseconds since 1970, UTC; the same at each try.
    ///   - fields: headers of this message alone.
    public init(
        headers: EmailHeaders,
        to: Mailbox,
        subject: [UInt8],
        text: [UInt8],
        html: [UInt8]? = nil,
        messageID: String,
        date: Int64,
        fields: [HeaderField] = [],
        unsubscribe: OneClickUnsubscribe? = nil,
        inline: [InlinePart] = [],
        attachments: [EmailAttachment] = []
    ) throws(EmailMessageError) {
        try HeaderValue.check(subject.span, place: "The subject")
        try BodyText.check(text.span, place: "The text")
        if let html { try BodyText.check(html.span, place: "The HTML") }
        guard messageID.utf8.count <= 250, MessageIDSyntax.isValid(messageID.utf8.span, needsDomain: true) else {
            throw .invalidMessageID(messageID)
        }
        try EmailHeaders.checkUnique(fields)
        if !inline.isEmpty {
            guard html != nil else { throw .inlineWithoutHTML }
            var ids: Set<String> = []
            for part in inline where !ids.insert(part.contentID).inserted {
                throw .duplicateContentID(part.contentID)
            }
        }
        self.headers = headers
        self.to = to
        self.messageID = messageID
        self.subject = subject
        self.text = text
        self.html = html
        self.date = MailDate(milliseconds: date)
        self.fields = fields
        self.unsubscribe = unsubscribe
        self.inline = inline
        self.attachments = attachments
    }

    /// Whether an address, on the envelope or in a header, is not ASCII before its `@`: then the server must offer
    /// SMTPUTF8.
    public var needsSMTPUTF8: Bool { headers.needsSMTPUTF8 || to.address.needsSMTPUTF8 }

    /// Whether the bytes go beyond ASCII, so that the envelope says `BODY=8BITMIME`. Only addresses that need SMTPUTF8
    /// do; text is always encoded.
    public var has8Bit: Bool { needsSMTPUTF8 }

    /// Refuses, for good, a server that cannot take the message's addresses.
    public func check(offersSMTPUTF8: Bool) throws(EmailMessageError) {
        guard needsSMTPUTF8, !offersSMTPUTF8 else { return }
        let address = to.address.needsSMTPUTF8 ? to.address : headers.from.address
        throw .needsSMTPUTF8(address.description)
    }

    /// Appends the message: lines end with CRLF, the last one too; dots at the beginning of lines are not doubled.
    public func append(to out: inout [UInt8]) {
        out.append("Date: ")
        date.append(to: &out)
        out.append("\r\n")
        out.append(headers.bytes.span)
        out.append("To:")
        HeaderValue.appendMailbox(to, column: 3, to: &out)
        out.append("Subject:")
        HeaderValue.appendText(subject.span, column: 8, to: &out)
        out.append("Message-ID: <")
        out.append(messageID.utf8.span)
        out.append(">\r\n")
        if let unsubscribe { out.append(unsubscribe.bytes.span) }
        for field in fields { out.append(field.bytes.span) }
        appendContent(to: &out)
    }

    private func appendContent(to out: inout [UInt8]) {
        guard html != nil || !attachments.isEmpty else {
            BodyText.appendPart(text.span, subtype: "plain", to: &out)
            if out.last != 0x0a { out.append("\r\n") }
            return
        }
        let boundary = Boundary(messageID: messageID.utf8.span)
        guard !attachments.isEmpty else {
            appendBody(boundary, to: &out)
            return
        }
        boundary.appendStart(.mixed, to: &out)
        appendBody(boundary, to: &out)
        for attachment in attachments {
            boundary.appendDelimiter(.mixed, to: &out)
            out.append(attachment.part.span)
        }
        boundary.appendEnd(.mixed, to: &out)
    }

    private func appendBody(_ boundary: Boundary, to out: inout [UInt8]) {
        guard let html else {
            BodyText.appendPart(text.span, subtype: "plain", to: &out)
            return
        }
        boundary.appendStart(.alternative, to: &out)
        BodyText.appendPart(text.span, subtype: "plain", to: &out)
        boundary.appendDelimiter(.alternative, to: &out)
        if inline.isEmpty {
            BodyText.appendPart(html.span, subtype: "html", to: &out)
        } else {
            boundary.appendStart(.related, to: &out)
            BodyText.appendPart(html.span, subtype: "html", to: &out)
            for part in inline {
                boundary.appendDelimiter(.related, to: &out)
                out.append(part.part.span)
            }
            boundary.appendEnd(.related, to: &out)
        }
        boundary.appendEnd(.alternative, to: &out)
    }
}
