public import JSON
import Storage

/// The words that a person gives a held message.
public struct EditedWords: Sendable {
    public var subject: String?
    public var text: String
    public var html: String?

    public init(subject: String? = nil, text: String, html: String? = nil) {
        self.subject = subject
        self.text = text
        self.html = html
    }

    /// A message with these words in the place of its own. Its category stays, whatever its template was.
    func replacing(in document: JSONValue, category: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in document.members {
            let name = name.string ?? ""
            guard !["template", "vars", "tone", "locale", "content", "category"].contains(name) else { continue }
            writer.name(name)
            writer.raw(value.raw)
        }
        writer.member("category", category)
        writer.name("content")
        writer.beginObject()
        if let subject { writer.member("subject", subject) }
        writer.member("text", text)
        if let html { writer.member("html", html) }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension Queue {
    private static let edit = Statement(
        """
        UPDATE content SET document = $2, accepted = coalesce(accepted, document)
        WHERE id = $1 AND EXISTS (SELECT 1 FROM message WHERE message.id = $1 AND state = 'held')
        """
    )
    private static let forgetTemplate = Statement("UPDATE message SET template = '' WHERE id = $1 AND state = 'held'")

    static let editStatements = [edit, forgetTemplate]

    /// Gives a held message other words, which are checked as those of a new message are.
    ///
    /// - Parameter by: who does it, for the message's story.
    /// - Returns: whether it was held.
    public func edit(
        _ message: StoredMessage,
        _ words: EditedWords,
        reader: MessageReader,
        by: String
    ) async throws -> Bool {
        guard message.state == .held, message.channel != .event else { return false }
        let document = words.replacing(in: try JSONValue.parse(message.document), category: message.category)
        _ = try reader.read(document)
        return try await database.write(.power) { transaction in
            guard try transaction.execute(Queue.edit, [.integer(message.id), .bytes(document)]) > 0 else {
                return false
            }
            try transaction.execute(Queue.forgetTemplate, [.integer(message.id)])
            let event = Event(message: message.id, at: transaction.now, kind: .edited, detail: "by \(by)")
            try Event.insert([event], transaction)
            return true
        }
    }
}
