import JSON
import Storage

/// What Dunlin answers to a text that asks to stop, to start again, or for help (47 CFR 64.1200(a)(12); CTIA Messaging Principles,
/// 5.1.3 and 5.1.5).
///
/// It is a message as any other, but for the gate: it goes to who has just said no, at any hour, within five minutes.
enum TextAnswer: String, Sendable, CaseIterable {
    case stop, start, help

    /// What `message.category` holds; nobody else can hand one in.
    var category: String { TextAnswer.prefix + rawValue }

    static let prefix = "answer:"
    /// Milliseconds; the law presumes consent to a confirmation for so long.
    static let within: Int64 = 300_000

    init?(category: String) {
        guard category.hasPrefix(TextAnswer.prefix) else { return nil }
        self.init(rawValue: String(category.dropFirst(TextAnswer.prefix.count)))
    }

    init?(_ wish: WishReader.Wish) {
        switch wish {
        case .stop: self = .stop
        case .start: self = .start
        case .help: self = .help
        case .review: return nil
        }
    }

    /// Why it does not go after all; `nil` where it may.
    ///
    /// - Parameters:
    ///   - optOuts: those that cover it.
    ///   - stops: what keeps the person from being written to beside.
    func refusal(_ optOuts: [OptOut], _ stops: [PersonStop]) -> String? {
        if let gone = optOuts.first(where: { [OptOut.bounce, OptOut.provider].contains($0.source) }) {
            return gone.reason
        }
        switch self {
        case .stop: return optOuts.isEmpty ? "they have started again meanwhile" : nil
        case .start: return optOuts.first?.reason ?? stops.first?.kind.words
        case .help: return nil
        }
    }

    /// A confirmation says nothing else.
    func words(_ brand: BrandSettings, _ language: Language) -> String {
        let ways = [brand.phone, brand.website].compactMap(\.self)
        let contact = ways.isEmpty ? brand.postalAddress : ways.joined(separator: ", ")
        switch (self, language) {
        case (.stop, .english): return "\(brand.name): you are unsubscribed and will get no more texts."
        case (.stop, .german): return "\(brand.name): Sie sind abgemeldet und erhalten keine SMS mehr."
        case (.stop, .french): return "\(brand.name) : vous êtes désinscrit et ne recevrez plus de SMS."
        case (.stop, .spanish): return "\(brand.name): se ha dado de baja y no recibirá más SMS."
        case (.stop, .italian): return "\(brand.name): la cancellazione è avvenuta, non riceverà altri SMS."
        case (.stop, .dutch): return "\(brand.name): u bent afgemeld en krijgt geen sms'en meer."
        case (.start, .english): return "\(brand.name): you get texts again. \(language.stopText)"
        case (.start, .german): return "\(brand.name): Sie erhalten wieder SMS. \(language.stopText)"
        case (.start, .french): return "\(brand.name) : vous recevrez de nouveau des SMS. \(language.stopText)"
        case (.start, .spanish): return "\(brand.name): volverá a recibir SMS. \(language.stopText)"
        case (.start, .italian): return "\(brand.name): riceverà di nuovo SMS. \(language.stopText)"
        case (.start, .dutch): return "\(brand.name): u krijgt weer sms'en. \(language.stopText)"
        case (.help, .english): return "\(brand.name): for help, \(contact). \(language.stopText)"
        case (.help, .german): return "\(brand.name): Hilfe: \(contact). \(language.stopText)"
        case (.help, .french): return "\(brand.name) : aide : \(contact). \(language.stopText)"
        case (.help, .spanish): return "\(brand.name): ayuda: \(contact). \(language.stopText)"
        case (.help, .italian): return "\(brand.name): aiuto: \(contact). \(language.stopText)"
        case (.help, .dutch): return "\(brand.name): hulp: \(contact). \(language.stopText)"
        }
    }
}

/// Answers texts on behalf of the brand that wrote to their sender last.
public struct TextAnswers: Sendable {
    private let brands: [String: Brand]
    private let policies: CompliancePolicies

    public init(brands: [String: Brand], policies: CompliancePolicies) {
        self.brands = brands
        self.policies = policies
    }

    private static let lastText = Statement(
        """
        SELECT message.brand, content.document FROM message JOIN content ON content.id = message.id
        WHERE message.address_key = $1 AND message.channel = 'sms' AND message.test = 0 ORDER BY message.id DESC LIMIT 1
        """
    )

    private static let recent = Statement(
        "SELECT 1 FROM message WHERE address_key = $1 AND channel = 'sms' AND category = $2 AND accepted_at > $3 LIMIT 1"
    )

    static let statements = [lastText, recent]

    /// One of a kind goes to somebody within so long, milliseconds: two machines must not answer each other for ever.
    static let again: Int64 = 3_600_000

    /// Puts an answer into the queue; none to whom no brand of ours has written.
    ///
    /// - Returns: false where somebody should see to it.
    func answer(
        _ text: InboundText,
        _ answer: TextAnswer,
        from transport: String,
        _ transaction: any Transaction
    ) throws -> Bool {
        let last = try transaction.first(TextAnswers.lastText, [.text(text.from)]) { ($0.text(0), $0.bytes(1)) }
        guard let (id, document) = last, let brand = brands[id], policies[id].rules["SM-06"] != nil else {
            return false
        }
        let before: [SQLValue] = [
            .text(text.from), .text(answer.category), .integer(transaction.now - TextAnswers.again),
        ]
        if try transaction.first(TextAnswers.recent, before, { _ in true }) ?? false { return true }
        let said = (try? JSONValue.parse(document))?["locale"]?.string
        let language = Language(
            locale: try Addressee.of(text.from, transaction)?.facts.language ?? said ?? brand.locale
        )
        let body = JSONWriter.text { writer in
            writer.beginObject()
            writer.member("channel", Channel.sms.rawValue)
            writer.member("to", text.from)
            writer.member("brand", id)
            writer.member("locale", language.rawValue)
            writer.name("content")
            writer.beginObject()
            writer.member("text", answer.words(brand.settings, language))
            writer.endObject()
            writer.endObject()
        }
        var message = NewMessage(
            key: "answer/\(transport)/\(text.reference)",
            channel: .sms,
            priority: 0,
            expires: transaction.now + TextAnswer.within,
            addressKey: text.from,
            domain: "",
            brand: id,
            category: answer.category,
            template: "",
            document: Array(body.utf8)
        )
        message.origin = AuditEntry.dunlin
        _ = try Queue.insert([message], transaction)
        return true
    }
}

/// Which texts say how to stop: the first to somebody of a brand, and one again after a while.
enum StopWording {
    private static let told = Statement(
        """
        SELECT stop_told.at, stop_told.message, message.state FROM stop_told
        LEFT JOIN message ON message.id = stop_told.message
        WHERE stop_told.address_key = $1 AND stop_told.brand = $2
        """
    )
    private static let tell = Statement(
        """
        INSERT INTO stop_told (address_key, brand, at, message) VALUES ($1, $2, $3, $4)
        ON CONFLICT (address_key, brand) DO UPDATE SET at = excluded.at, message = excluded.message
        """
    )

    private static let forget = Statement("DELETE FROM stop_told WHERE address_key = $1")

    static let statements = [told, tell, forget]

    static func forget(_ key: String, _ transaction: any Transaction) throws {
        try transaction.execute(forget, [.text(key)])
    }

    /// Whether a text that is handed off is to say it, and notes that.
    ///
    /// - Parameter every: milliseconds; 0 for each text.
    static func isDue(_ message: Gate.Facts, every: Int64, _ transaction: any Transaction) throws -> Bool {
        let key: [SQLValue] = [.text(message.addressKey), .text(message.brand)]
        let last = try transaction.first(told, key) { row in
            (at: row.integer(0), message: row.integer(1), state: row.optionalText(2).flatMap(MessageState.init))
        }
        if let last, last.message != message.id, transaction.now - last.at < every {
            // One that never left has told nobody.
            let isTold = last.state.map { [.sending, .sent, .delivered, .bounced].contains($0) } ?? true
            if isTold { return false }
        }
        try transaction.execute(tell, key + [.integer(transaction.now), .integer(message.id)])
        return true
    }
}
