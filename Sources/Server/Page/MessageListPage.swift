import Hummingbird
import JSON
import Messaging

/// The list of messages that a filter means, a page of it.
struct MessageListPage {
    /// What the filter's fields hold, by name.
    private let fields: [(name: String, value: String)]
    private let cursor: Int64?
    /// What is wrong with a field; the list is empty then.
    let fault: String
    private let filter: MessageFilter

    static let limit = 50
    /// More are not counted: the list is made anew with every live look.
    static let mostCounted: Int64 = 10_000
    private static let names = [
        "state", "channel", "to", "customer", "template", "conversation", "from", "until", "domain", "brand", "reason",
    ]

    init(query: String) {
        let form = Form(query)
        fields = MessageListPage.names.map { ($0, form[$0] ?? "") }
        cursor = form["cursor"].flatMap { Int64($0, radix: 36) }
        let values = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
        do {
            filter = try MessageFilter(
                { name in
                    switch name {
                    case "accepted_after": values["from"].flatMap(MessageListPage.time)
                    case "accepted_before": values["until"].flatMap(MessageListPage.time)
                    default: values[name].flatMap { $0.isEmpty ? nil : $0 }
                    }
                },
                refuse: { Problem(Rejection($0, $1)) }
            )
            fault = ""
        } catch {
            filter = MessageFilter()
            fault = Problem(for: error).detail
        }
    }

    /// `2026-11-30T09:00` as a browser writes it, as a time in UTC.
    private static func time(_ text: String) -> String? {
        text.isEmpty ? nil : text + (text.utf8.count == 16 ? ":00Z" : text.hasSuffix("Z") ? "" : "Z")
    }

    /// The filter as a query, without the cursor.
    var query: String { Words.query(fields.map { ($0.name, $0.value) }) }

    var address: String { MessageListPage.address(query) }

    static func address(_ query: String) -> String { query.isEmpty ? "/messages" : "/messages?\(query)" }

    var liveAddress: String {
        let query = [self.query, cursor.map { "cursor=\(Query.cursor($0))" } ?? ""].filter { !$0.isEmpty }
        return "/live/messages" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    var messageFilter: MessageFilter { filter }

    func value(_ backend: Backend) async throws -> PageValue {
        let messages =
            fault.isEmpty
            ? try await backend.queue.list(filter, before: cursor ?? .max, limit: MessageListPage.limit) : []
        let count = fault.isEmpty ? try await backend.queue.count(filter, upTo: MessageListPage.mostCounted + 1) : 0
        let isMany = count > MessageListPage.mostCounted
        let total = isMany ? "more than \(Words.count(MessageListPage.mostCounted))" : Words.count(count)
        let isFull = messages.count == MessageListPage.limit
        let older = isFull ? messages.last.map { "cursor=\(Query.cursor($0.id))" } : nil
        return [
            "filter": filterValue(templates: backend.composer.templates.sets.keys.sorted()),
            "has_messages": .flag(!messages.isEmpty), "messages": messages.list(\.row),
            "page": [
                "summary": .text(
                    count == 0
                        ? "No message matches the filter."
                        : "\(isMany ? "\(total) messages" : Words.messages(count)), newest first"
                ),
                "has_pages": .flag(older != nil || cursor != nil),
                "older": .text(
                    older.map { MessageListPage.address([query, $0].filter { !$0.isEmpty }.joined(separator: "&")) }
                        ?? ""
                ), "newer": .text(cursor == nil ? "" : address),
            ], "bulk": ["filter": .text(query), "matching": .text(total)],
        ]
    }

    private func filterValue(templates: [String]) -> PageValue {
        func field(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }
        func choices(_ name: String, _ all: [String]) -> PageValue {
            all.list { ["value": .text($0), "is_selected": .flag($0 == field(name))] }
        }
        return [
            "states": choices("state", MessageState.allCases.map(\.rawValue)),
            "channels": choices("channel", Channel.allCases.map(\.rawValue)), "to": .text(field("to")),
            "customer": .text(field("customer")), "template": .text(field("template")),
            "templates": templates.list { ["value": .text($0)] }, "conversation": .text(field("conversation")),
            "from": .text(field("from")), "until": .text(field("until")),
            "has_more": .flag(["template", "conversation", "from", "until"].contains { !field($0).isEmpty }),
            "is_active": .flag(fields.contains { !$0.value.isEmpty }),
        ]
    }
}

extension StoredMessage {
    /// The template, or the subject of a message with its own content.
    var about: String {
        if !template.isEmpty { return template }
        return (try? JSONValue.parse(document))?["content"]?["subject"]?.string ?? ""
    }

    fileprivate var row: PageValue {
        [
            "id": "\(id)", "href": "/messages/\(id)", "state": .text(state.rawValue),
            "channel": .text(channel.rawValue),
            "to": .text(recipient), "about": .text(about), "due": .text(Words.time(due)), "tries": "\(attempts)",
            "reason": .text(reason ?? ""),
        ]
    }
}
