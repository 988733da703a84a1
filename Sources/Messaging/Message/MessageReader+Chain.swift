import JSON

extension MessageReader {
    /// What names several channels, and which of them a message of one channel may not name.
    static let chainFields: Set<String> = ["channels", "policy", "within"]

    /// A message for several channels: the first, with those that go beside it or stand by.
    func chain(_ document: JSONValue, _ bytes: [UInt8]) throws(Rejection) -> NewMessage {
        guard document["channel"].map(\.isNull) ?? true else {
            throw Rejection("channel", "with 'channels' it means nothing: leave it out")
        }
        let channels = try channels(document)
        guard let to = document["to"], to.kind == .object else {
            throw Rejection("to", "with 'channels' it is an object with an address for each of them")
        }
        for (name, _) in to.members where !channels.contains(where: { $0.rawValue == name.string }) {
            throw Rejection("to.\(name.string ?? "")", "'channels' does not name it")
        }
        let isAll = try policy(document)
        let within = try within(document, isAll: isAll)
        let key = document["key"]?.string
        let conversation = document["conversation"]?.string ?? key ?? "c-\(UInt64.random(in: 1 ... .max))"
        var messages: [NewMessage] = []
        for channel in channels {
            guard let address = to[channel.rawValue] else {
                throw Rejection("to.\(channel.rawValue)", "it is missing")
            }
            let own = MessageReader.document(
                of: channel,
                address,
                conversation,
                isFirst: messages.isEmpty,
                in: document
            )
            do {
                messages.append(try read(try JSONValue.parse(own), own))
            } catch let rejection as Rejection {
                throw Rejection(
                    rejection.place == "to" ? "to.\(channel.rawValue)" : rejection.place,
                    "\(channel.rawValue): \(rejection.message)"
                )
            } catch {
                throw Rejection("", "\(error)")
            }
        }
        var first = messages[0]
        first.original = bytes
        first.others = Array(messages.dropFirst())
        first.policy = isAll ? .all : .first(within: within)
        return first
    }

    private func channels(_ document: JSONValue) throws(Rejection) -> [Channel] {
        guard let value = document["channels"], value.kind == .array, (2...6).contains(value.count) else {
            throw Rejection("channels", "it must be a list of two channels or more; for one, write 'channel'")
        }
        var channels: [Channel] = []
        for (index, element) in value.elements.enumerated() {
            guard let channel = element.string.flatMap(Channel.init(named:)), !channels.contains(channel) else {
                let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
                throw Rejection("channels[\(index)]", "each is named once, and is one of \(known)")
            }
            channels.append(channel)
        }
        return channels
    }

    private func policy(_ document: JSONValue) throws(Rejection) -> Bool {
        guard let value = document["policy"], !value.isNull else { return false }
        switch value.string {
        case "first": return false
        case "all": return true
        default: throw Rejection("policy", "it is 'first' (the next when one does not arrive) or 'all'")
        }
    }

    private func within(_ document: JSONValue, isAll: Bool) throws(Rejection) -> Int64? {
        guard let value = document["within"], !value.isNull else { return nil }
        guard !isAll else { throw Rejection("within", "with policy 'all' it means nothing: leave it out") }
        guard let span = value.string.flatMap(TimeSpan.init), (1000...90 * 86_400_000).contains(span.milliseconds)
        else {
            throw Rejection("within", "it is a length of time such as 30m, 4h or 2d")
        }
        return span.milliseconds
    }

    /// The message as one for a single channel. Files go by email alone; the key is the first one's.
    private static func document(
        of channel: Channel,
        _ address: JSONValue,
        _ conversation: String,
        isFirst: Bool,
        in document: JSONValue
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("channel", channel.rawValue)
        writer.name("to")
        writer.value(address)
        writer.member("conversation", conversation)
        for (name, value) in document.members {
            let name = name.string ?? ""
            if ["channel", "to", "conversation"].contains(name) || chainFields.contains(name) { continue }
            if name == "attachments", channel != .email { continue }
            if name == "key", !isFirst { continue }
            writer.name(name)
            writer.value(value)
        }
        writer.endObject()
        return writer.bytes
    }
}
