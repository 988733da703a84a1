import JSON

/// Whom a message goes to.
public struct Recipient: Sendable {
    /// As it was given.
    let given: String
    /// Set for email.
    let mailbox: Mailbox?
    /// What opt-outs are matched by.
    let key: String
    /// The email domain, in A-labels; empty for other channels.
    let domain: String
    /// What `recipient` is in a template.
    let variables: JSONValue

    static let longest = 1000

    public init(_ text: String, channel: Channel) throws(Rejection) {
        given = text
        let name: String?
        let address: String
        if channel == .email {
            do {
                let mailbox = try Mailbox(parsing: text)
                self.mailbox = mailbox
                key = mailbox.address.key
                domain = mailbox.address.asciiDomain
                name = mailbox.name
                address = mailbox.address.description
            } catch {
                throw Rejection("to", "\(error)")
            }
        } else {
            guard !text.isEmpty, text.utf8.count <= Recipient.longest else {
                throw Rejection("to", "1 to \(Recipient.longest) bytes are expected")
            }
            guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
                throw Rejection("to", "it holds a control character: remove it")
            }
            mailbox = nil
            key = Recipient.key(text, channel: channel)
            guard !key.isEmpty else { throw Rejection("to", "a phone number is expected, such as +1 555 010 0123") }
            domain = ""
            name = nil
            address = text
        }
        var writer = JSONWriter()
        writer.beginObject()
        if let name { writer.member("name", name) }
        writer.member("address", address)
        writer.endObject()
        do {
            variables = try JSONValue.parse(writer.bytes)
        } catch {
            throw Rejection("to", "\(error)")
        }
    }

    /// The matching key of an address that is not an email's: a phone number loses its spaces and punctuation, anything
    /// else its case.
    private static func key(_ text: String, channel: Channel) -> String {
        switch channel {
        case .sms, .call: text.filter { $0.isNumber || $0 == "+" }
        default: text.lowercased()
        }
    }

    /// The matching key of an address as a person writes it, whatever its channel: with an `@` it is an email's.
    public static func key(of address: String) throws(Rejection) -> String {
        if address.contains("@") { return try Recipient(address, channel: .email).key }
        let isPhone =
            address.contains(where: \.isNumber) && address.allSatisfy { $0.isNumber || "+-() ./".contains($0) }
        return try Recipient(address, channel: isPhone ? .sms : .letter).key
    }

    static var sample: Recipient {
        get {
            do {
                return try Recipient("Ada Lovelace <ada@example.com>", channel: .email)
            } catch {
                preconditionFailure("the sample address is valid")
            }
        }
    }
}
