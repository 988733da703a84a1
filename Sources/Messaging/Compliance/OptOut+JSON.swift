public import JSON

extension OptOut {
    /// As `opt-out list --json` and `GET /v1/opt-outs` give it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(to: &writer)
        writer.endObject()
    }

    /// The same, into an object that is open.
    public func writeMembers(to writer: inout JSONWriter) {
        if id > 0 { writer.member("id", id) }
        writer.member("address", address)
        writer.member("key", addressKey)
        if let channel = scope.channel { writer.member("channel", channel.rawValue) }
        if let brand = scope.brand { writer.member("brand", brand) }
        if let category = scope.category { writer.member("category", category) }
        if isAlone { writer.member("address_only", true) }
        writer.member("source", source)
        if let note { writer.member("note", note) }
        writer.member("at", Timestamp.text(at))
    }
}
