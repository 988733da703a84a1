/// Why a text is not an email address, or not a mailbox. The description names the problem and its remedy.
public enum AddressError: Error, Hashable, Sendable {
    case empty
    case notUTF8
    case controlCharacter(Unicode.Scalar)
    case missingAt
    case severalAt
    case severalAddresses
    case emptyLocalPart
    case emptyDomain
    case misplacedDot
    case unquotedCharacter(Unicode.Scalar)
    case hiddenCharacter(Unicode.Scalar)
    case unterminatedQuote
    case unterminatedBracket
    case textAfterAddress(String)
    case nameInAddress
    case comment
    case encodedName
    case unquotedAtInName
    /// Bytes of UTF-8.
    case nameTooLong(Int)
    /// Bytes of UTF-8.
    case localPartTooLong(Int)
    /// Bytes of local part, `@` and A-label domain.
    case addressTooLong(Int)
    case labelTooLong(String)
    case emptyLabel
    case hyphenAtEdge(String)
    case domainCharacter(Unicode.Scalar)
    case singleLabel(String)
    case addressLiteral
    case numericDomain(String)
    case internationalDomain(String, String)

    /// One of a fixed set of words, for metrics.
    public var reason: String {
        switch self {
        case .empty: "empty"
        case .notUTF8: "not_utf8"
        case .controlCharacter: "control_character"
        case .missingAt: "missing_at"
        case .severalAt, .severalAddresses: "several_addresses"
        case .emptyLocalPart, .misplacedDot, .unquotedCharacter, .unterminatedQuote: "local_part"
        case .hiddenCharacter: "hidden_character"
        case .unterminatedBracket, .textAfterAddress, .comment: "syntax"
        case .nameInAddress, .encodedName, .unquotedAtInName: "name"
        case .nameTooLong, .localPartTooLong, .addressTooLong, .labelTooLong: "too_long"
        case .emptyDomain, .emptyLabel, .hyphenAtEdge, .domainCharacter, .singleLabel, .numericDomain: "domain"
        case .addressLiteral: "address_literal"
        case .internationalDomain: "international_domain"
        }
    }
}

extension AddressError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty:
            "The address is empty: write it like ada@example.com."
        case .notUTF8:
            "The address is not UTF-8: convert the file or the field to UTF-8."
        case .controlCharacter(let scalar):
            "The address contains the control character \(scalar.codePoint): remove it."
        case .missingAt:
            "The address has no \"@\": write it like ada@example.com."
        case .severalAt:
            "The address has more than one \"@\": write it like ada@example.com, one address only."
        case .severalAddresses:
            "There is more than one address: give each its own message."
        case .emptyLocalPart:
            "There is nothing before the \"@\": write the address like ada@example.com."
        case .emptyDomain:
            "There is nothing after the \"@\": write the address like ada@example.com."
        case .misplacedDot:
            "The part before the \"@\" begins or ends with a dot, or has two in a row: "
                + "correct it, or put that part in double quotes if the address really is so."
        case .unquotedCharacter(let scalar):
            "The part before the \"@\" contains \(String(scalar).shown): "
                + "remove it, or put that part in double quotes if the address really is so."
        case .hiddenCharacter(let scalar):
            "The address contains the invisible character \(scalar.codePoint): remove it."
        case .unterminatedQuote:
            "A double quote is opened and never closed: add the second one."
        case .unterminatedBracket:
            "The address has a \"<\" and no \">\" behind it: write it like Ada Lovelace <ada@example.com>."
        case .textAfterAddress(let text):
            "There is text behind the address, \(text.shown): remove it."
        case .nameInAddress:
            "There is more than an address here: "
                + "give the address alone, like ada@example.com, without name and brackets."
        case .comment:
            "Comments in parentheses are not supported: remove them, or put a name that has them in double quotes."
        case .encodedName:
            "The name is an encoded-word (\"=?...?=\"): write the name itself, in UTF-8."
        case .unquotedAtInName:
            "The name contains an \"@\": put the name in double quotes, or give one address only."
        case .nameTooLong(let count):
            "The name has \(count) bytes: shorten it to \(Mailbox.maximumNameLength)."
        case .localPartTooLong(let count):
            "The part before the \"@\" has \(count) bytes, and 64 are allowed: correct the address."
        case .addressTooLong(let count):
            "The address has \(count) bytes, and 254 are allowed: correct the address."
        case .labelTooLong(let label):
            "The domain's part \(label.shown) has more than 63 characters: correct the domain."
        case .emptyLabel:
            "The domain begins with a dot or has two in a row: correct the domain."
        case .hyphenAtEdge(let label):
            "The domain's part \(label.shown) begins or ends with a hyphen: correct the domain."
        case .domainCharacter(let scalar):
            "The domain contains \(String(scalar).shown): only letters, digits, hyphens and dots may stand there."
        case .singleLabel(let domain):
            "The domain \(domain.shown) has no dot: give the full domain, like example.com."
        case .addressLiteral:
            "The address names a host by its IP number in brackets: give a domain, like example.com."
        case .numericDomain(let domain):
            "The domain \(domain.shown) ends with a number: give a domain like example.com, not an IP address."
        case .internationalDomain(let domain, let problem):
            "The domain \(domain.shown) is not a valid internationalised domain (\(problem)): correct the domain."
        }
    }
}
