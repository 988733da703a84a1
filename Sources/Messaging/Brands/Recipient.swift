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

    /// - Parameter region: the country of phone numbers that are written without its code, such as `US`.
    public init(_ text: String, channel: Channel, region: String? = nil) throws(Rejection) {
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
            let allowed: Unicode.Scalar? = channel == .letter ? "\n" : nil
            guard !text.unicodeScalars.contains(where: { ($0.value < 0x20 || $0.value == 0x7f) && $0 != allowed })
            else {
                throw Rejection("to", "it holds a control character: remove it")
            }
            mailbox = nil
            key = try Recipient.key(text, channel: channel, region: region)
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

    /// The matching key of an address that is not an email's: a phone number in E.164, anything else in lower case.
    private static func key(_ text: String, channel: Channel, region: String?) throws(Rejection) -> String {
        guard channel == .sms || channel == .call else { return text.lowercased().replacing("\n", with: ", ") }
        if Simulation(address: text) != nil { return text.filter { $0.isNumber || $0 == "+" } }
        let number = try phone(text, region: region)
        guard number.isValid else { throw Rejection("to", "\(number.e164) is in no range that is in use") }
        guard !number.hasExtension else {
            throw Rejection("to", "it has an extension, which cannot be dialled or texted: leave it out")
        }
        guard channel == .call || number.takesTexts else {
            throw Rejection("to", "\(number.e164) takes no texts: it is no mobile number")
        }
        return number.e164
    }

    private static func phone(_ text: String, region: String?) throws(Rejection) -> PhoneNumber {
        do {
            return try PhoneNumber(text, region: region)
        } catch {
            throw Rejection("to", "\(error)")
        }
    }

    /// The matching key of an address as a person writes it, whatever its channel: with an `@` it is an email's. A phone
    /// number need not be in use.
    ///
    /// - Parameter channel: whose address it is, where that is known; else a lone word is refused, as it can be none.
    public static func key(
        of address: String,
        channel: Channel? = nil,
        region: String? = nil
    ) throws(Rejection) -> String {
        if address.contains("@") || channel == .email { return try Recipient(address, channel: .email).key }
        if channel == .sms || channel == .call { return try phone(address, region: region).e164 }
        let isPhone =
            address.contains(where: \.isNumber) && address.allSatisfy { $0.isNumber || "+-() ./".contains($0) }
        guard isPhone else {
            guard
                channel != nil || !(1...longest).contains(address.utf8.count)
                    || address.contains(where: { !$0.isLetter && !$0.isNumber })
            else {
                throw Rejection("to", "'\(address)' is no address: write it like ada@example.com or +1 202 555 0123")
            }
            return try Recipient(address, channel: channel == .letter ? .letter : .webhook).key
        }
        return try phone(address, region: region).e164
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
