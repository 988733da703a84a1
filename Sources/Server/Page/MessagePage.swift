import JSON
import Messaging
import Storage

/// One message's whole story.
struct MessagePage {
    let message: StoredMessage
    let events: [Event]
    let explanation: Explanation

    /// - Returns: `nil` where there is no such message.
    init?(_ id: Int64, _ backend: Backend) async throws {
        guard
            let explanation = try await backend.queue.explain(id, composer: backend.composer, now: backend.clock.now())
        else { return nil }
        self.explanation = explanation
        message = explanation.message
        events = try await backend.queue.events(of: id)
    }

    /// What changes while one looks.
    var live: PageValue {
        [
            "id": "\(message.id)",
            "heading": .text(message.about.isEmpty ? "Message \(message.id)" : message.about),
            "state": .text(message.state.rawValue), "to": .text(message.recipient),
            "has_actions": .flag(!actions.isEmpty),
            "actions": actions.list { action in
                [
                    "action": .text(action.rawValue), "label": .text(action.label),
                    "is_danger": .flag(action == .cancel),
                ]
            },
            "events": .list([acceptance] + events.map(\.value)),
            "checks": explanation.checks.list {
                ["name": .text($0.name), "passes": .flag($0.passes), "verdict": .text($0.verdict)]
            },
            "next": .text(explanation.next.map(Words.time) ?? ""), "facts": facts,
        ]
    }

    private var actions: [MessageAction] {
        [.approve, .retry, .hold, .cancel].filter { $0.from.contains(message.state) }
    }

    private var acceptance: PageValue {
        [
            "at": .text(Words.time(message.acceptedAt)), "kind": "accepted", "label": "accepted", "transport": "",
            "took": "", "detail": "", "by": .text(message.origin ?? ""),
        ]
    }

    private var facts: PageValue {
        var facts: [PageValue] = []
        func fact(_ name: String, _ value: String?, _ href: String = "") {
            guard let value, !value.isEmpty else { return }
            facts.append(["name": .text(name), "value": .text(value), "href": .text(href)])
        }
        fact("Key", message.key)
        fact("Channel", message.channel.rawValue, "/messages?channel=\(message.channel.rawValue)")
        fact("Brand", message.brand)
        fact("Template", message.template, "/templates/\(Words.encoded(message.template))")
        fact("Category", message.category)
        fact("Customer", message.customer, "/messages?customer=\(Words.encoded(message.customer ?? ""))")
        fact(
            "Conversation",
            message.conversation,
            "/messages?conversation=\(Words.encoded(message.conversation ?? ""))"
        )
        fact("Priority", "\(message.priority)")
        fact("Due", Words.time(message.due))
        fact("Expires", message.expires.map(Words.time))
        fact("Attempts", "\(message.attempts)")
        fact("Reason", message.reason)
        fact("Files", files)
        if message.isTest { fact("Test", "goes to the outbox only") }
        return .list(facts)
    }

    /// The form in which a held message is given other words.
    func draft(_ composer: Composer, _ words: EditedWords?) -> PageValue {
        let canEdit = message.state == .held && message.channel != .event && message.channel != .email
        var draft = words ?? EditedWords(text: "")
        if words == nil, canEdit, let parts = try? composer.parts(of: message) {
            draft.text = parts.first { $0.name == "\(message.channel.rawValue).txt" }?.text ?? ""
            draft.subject = parts.first { $0.name == "subject.txt" }?.text
        }
        return [
            "can_edit": .flag(canEdit),
            "draft": ["subject": .text(draft.subject ?? ""), "text": .text(draft.text)],
        ]
    }

    /// The names of the files that it carries.
    private var files: String {
        guard let files = (try? JSONValue.parse(message.document))?["attachments"], files.kind == .array else {
            return ""
        }
        return files.elements.compactMap { $0["filename"]?.string }.joined(separator: ", ")
    }

    /// What does not change while one looks.
    func content(_ composer: Composer) -> PageValue {
        let document = (try? JSONValue.parse(message.document))?.indented ?? ""
        do throws(Rejection) {
            let parts = try composer.parts(of: message)
            return [
                "parts_fault": "", "document": .text(document),
                "parts": parts.list { $0.value(source: "/messages/\(message.id)/parts/\($0.name)") },
            ]
        } catch {
            return [
                "parts_fault": .text("It cannot be rendered as it stands: \(error)"), "parts": [],
                "document": .text(document),
            ]
        }
    }
}

extension RenderedPart {
    /// - Parameter source: where a frame finds it, if it is HTML.
    func value(source: String) -> PageValue {
        [
            "name": .text(name), "title": "Part \(name)", "is_html": .flag(isHTML), "text": .text(isHTML ? "" : text),
            "src": .text(isHTML ? source : ""), "size": .text(segments?.summary ?? ""),
        ]
    }
}

extension Event {
    fileprivate var value: PageValue {
        let hasTransport = !(transport ?? "").isEmpty
        let isByPerson = detail?.hasPrefix("by ") ?? false
        return [
            "at": .text(Words.time(at)), "kind": .text(kind.rawValue),
            "label": .text(kind.rawValue.replacing("_", with: " ")), "transport": .text(transport ?? ""),
            "took": .text(
                hasTransport ? startedAt.map { Words.span(milliseconds: at - $0) } ?? "" : ""
            ), "detail": .text(isByPerson ? "" : detail ?? ""),
            "by": .text(isByPerson ? String(detail?.dropFirst(3) ?? "") : ""),
        ]
    }
}

extension MessageAction {
    var label: String {
        switch self {
        case .cancel: "Cancel"
        case .retry: "Send it again"
        case .approve: "Approve"
        case .hold: "Hold"
        }
    }

    /// What was done, as in `3 messages cancelled`.
    var past: String {
        switch self {
        case .cancel: "cancelled"
        case .retry: "sent on their way again"
        case .approve: "approved"
        case .hold: "held"
        }
    }
}
