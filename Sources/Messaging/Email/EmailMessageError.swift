/// Why an email cannot be built from what was given. The description names the problem and its remedy.
public enum EmailMessageError: Error, Hashable, Sendable {
    /// The place is a header's name or the name of a part.
    case controlCharacter(in: String, Unicode.Scalar)
    case notUTF8(String)
    case nulByte(in: String)
    case invalidHeaderName(String)
    case reservedHeader(String)
    case duplicateHeader(String)
    case emptyHeader(String)
    case headerNotASCII(String)
    case headerTooLong(String)
    case invalidMessageID(String)
    case invalidContentType(String)
    case compositeContentType(String)
    case invalidContentID(String)
    case duplicateContentID(String)
    case inlineWithoutHTML
    case invalidFilename(String)
    case invalidUnsubscribeURL(String)
    case invalidUnsubscribeAddress(String)
    /// The server does not offer SMTPUTF8, and this address needs it.
    case needsSMTPUTF8(String)

    /// One of a fixed set of words, for metrics.
    public var reason: String {
        switch self {
        case .controlCharacter, .nulByte: "control_character"
        case .notUTF8: "not_utf8"
        case .invalidHeaderName, .reservedHeader, .duplicateHeader, .emptyHeader, .headerNotASCII, .headerTooLong:
            "header"
        case .invalidMessageID: "message_id"
        case .invalidContentType, .compositeContentType: "content_type"
        case .invalidContentID, .duplicateContentID, .inlineWithoutHTML: "inline"
        case .invalidFilename: "filename"
        case .invalidUnsubscribeURL, .invalidUnsubscribeAddress: "unsubscribe"
        case .needsSMTPUTF8: "smtputf8"
        }
    }
}

extension EmailMessageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .controlCharacter(let place, let scalar):
            "\(place) contains \(scalar.codePoint), a line break or control character: remove it."
        case .notUTF8(let place):
            "\(place) is not UTF-8: convert it."
        case .nulByte(let place):
            "\(place) contains a NUL byte: remove it."
        case .invalidHeaderName(let name):
            "\(name.shown) is not a header name: use letters, digits and hyphens, at most 64, like X-Campaign."
        case .reservedHeader(let name):
            "The header \(name.shown) is written by the dispatcher or by mail servers: "
                + "remove it from the custom headers."
        case .duplicateHeader(let name):
            "The header \(name.shown) is given twice: remove one of them."
        case .emptyHeader(let name):
            "The header \(name.shown) has no value: give one, or remove the header."
        case .headerNotASCII(let name):
            "The header \(name.shown) may hold ASCII only: remove what is not."
        case .headerTooLong(let name):
            "The header \(name.shown) has more than 900 characters without a space: shorten it."
        case .invalidMessageID(let id):
            "\(id.shown) is not a Message-ID: it needs the form unique-part@domain, in ASCII without spaces."
        case .invalidContentType(let type):
            "\(type.shown) is not a content type: write it like application/pdf, without parameters."
        case .compositeContentType(let type):
            "A part of type \(type.shown) cannot be attached: attach the file as application/octet-stream."
        case .invalidContentID(let id):
            "\(id.shown) is not a content id: use letters, digits, dots, hyphens and one \"@\", like logo@acme.example."
        case .duplicateContentID(let id):
            "Two inline parts have the content id \(id.shown): give each its own."
        case .inlineWithoutHTML:
            "There are inline parts but no HTML that could show them: add HTML, or send them as attachments."
        case .invalidFilename(let name):
            "\(name.shown) is not a file name: give 1 to 255 bytes without \"/\", \"\\\" and control characters."
        case .invalidUnsubscribeURL(let url):
            "\(url.shown) cannot be an opt-out link: it must begin with https:// or http:// "
                + "and hold no spaces, quotes, angle brackets or non-ASCII characters."
        case .invalidUnsubscribeAddress(let address):
            "\(address.shown) cannot be an opt-out address: it must be plain ASCII without a quoted part."
        case .needsSMTPUTF8(let address):
            "The mail server does not offer SMTPUTF8, and \(address.shown) needs it: "
                + "use an address that is ASCII before the \"@\", or a server that offers SMTPUTF8."
        }
    }
}
