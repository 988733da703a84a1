import HTTPTypes
import Hummingbird
import Messaging
import NIOCore
import Storage

/// `/u/{token}`: where a recipient says no, with one click of the mail program (RFC 8058) or on a page. Whoever holds the link
/// needs nothing else: no token of ours, no cookie, no second page (16 CFR 316.5).
///
/// Looking changes nothing, as programs look at links too.
struct OptOutLinkRoutes {
    let backend: Backend
    let templates: PageTemplates

    /// Bytes of a form.
    static let limit = 8 << 10

    var routes: [Route] {
        [
            Route(.get, "/u/{token}", .open) { try await show($0, $1) },
            Route(.post, "/u/{token}", .open) { try await take($0, $1) },
        ]
    }

    /// What a recipient may choose.
    enum Choice: String, CaseIterable {
        case list, advertising, brand, everything

        func scope(_ link: OptOutLink) -> OptOut.Scope {
            switch self {
            case .list: .init(channel: link.channel, brand: link.brand)
            case .advertising: .init(brand: link.brand, category: "commercial")
            case .brand: .init(brand: link.brand)
            case .everything: .init()
            }
        }
    }

    private func link(_ context: ServerContext) async throws -> OptOutLink {
        guard let token = context.parameters.get("token"), let link = try await backend.optOuts.link(token) else {
            throw Problem.notFound("such link: perhaps it was not copied whole")
        }
        return link
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        try await page(try await link(context), done: "")
    }

    private func take(_ request: Request, _ context: ServerContext) async throws -> Response {
        let link = try await link(context)
        let body = String(decoding: try await request.bytes(upTo: OptOutLinkRoutes.limit), as: UTF8.self)
        let isForm = request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        let form = Form(isForm ? body : "")
        let words = OptOutPageWords(Language(locale: link.locale))
        if let undone = form["undo"].flatMap(Choice.init) {
            let isUndone = try await undo(undone.scope(link), link)
            return try await page(link, done: isUndone ? words.undone : "")
        }
        // Whatever else is posted is a no: of one click, or of a program that writes it in its own way.
        let choice = form["what"].flatMap(Choice.init)
        try await stop((choice ?? .list).scope(link), link, isOneClick: choice == nil)
        guard let choice else {
            return .bytes(Array("\(words.done)\n".utf8), type: "text/plain; charset=utf-8", headers: headers)
        }
        return try await page(link, done: words.done, undo: choice)
    }

    private static func note(_ link: OptOutLink) -> String { "message \(link.message)" }

    private func stop(_ scope: OptOut.Scope, _ link: OptOutLink, isOneClick: Bool) async throws {
        let entry = OptOuts.Entry(
            addressKey: link.addressKey,
            address: link.addressKey,
            scope: scope,
            source: isOneClick ? "one-click" : "link",
            note: OptOutLinkRoutes.note(link),
            message: link.message
        )
        _ = try await backend.optOuts.add([entry], by: "the recipient")
        try await backend.optOuts.takeEffect()
    }

    /// How long what was said with a link can be taken back with it, milliseconds: for who has slipped, and for nobody to whom the
    /// message was passed on.
    static let undoable: Int64 = 3_600_000

    /// Takes back what was said with this very link a moment ago, and no other no.
    ///
    /// - Returns: whether there was any.
    private func undo(_ scope: OptOut.Scope, _ link: OptOutLink) async throws -> Bool {
        var isUndone = false
        for optOut in try await backend.optOuts.covering(link.addressKey)
        where optOut.scope == scope && ["link", "one-click"].contains(optOut.source)
            && optOut.note == OptOutLinkRoutes.note(link)
            && backend.clock.now() - optOut.at < OptOutLinkRoutes.undoable
        {
            isUndone = try await backend.optOuts.remove(id: optOut.id, by: "the recipient") || isUndone
        }
        return isUndone
    }

    // MARK: - The page

    private let headers: HTTPFields = [.cacheControl: "no-store", .referrerPolicy: "no-referrer", .robots: "noindex"]

    private func page(_ link: OptOutLink, done: String, undo: Choice? = nil) async throws -> Response {
        let words = OptOutPageWords(Language(locale: link.locale))
        let brand = backend.composer.brands[link.brand]?.settings.name ?? link.brand
        let standing = try await backend.optOuts.covering(link.addressKey).map(\.scope)
        func isStopped(_ choice: Choice) -> Bool {
            let wanted = choice.scope(link)
            return standing.contains { $0.contains(wanted) }
        }
        let value: PageValue = [
            "lang": .text(words.language.rawValue), "title": .text(words.title(brand)),
            "address": .text(words.address(OptOutLinkRoutes.masked(link.addressKey))), "done": .text(done),
            "question": .text(words.question), "submit": .text(words.submit), "stopped": .text(words.stopped),
            "undo": .text(undo?.rawValue ?? ""), "undo_text": .text(words.undo), "later": .text(words.later),
            "choices": Choice.allCases.list { choice in
                [
                    "value": .text(choice.rawValue), "text": .text(words.text(choice, link.channel, brand)),
                    "is_first": .flag(choice == .list), "is_stopped": .flag(isStopped(choice)),
                ]
            },
        ]
        let body = try templates.render(.optOut, value)
        return .bytes(
            body,
            type: "text/html; charset=utf-8",
            headers: headers.adding([.contentSecurityPolicy: OptOutLinkRoutes.policy])
        )
    }

    private static let policy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'"

    /// `a…@example.com`: enough to know which, too little for somebody to whom the message was passed on.
    static func masked(_ key: String) -> String {
        guard let at = key.lastIndex(of: "@") else { return "…\(key.suffix(3))" }
        return "\(key.prefix(1))…\(key[at...])"
    }
}

extension HTTPField.Name {
    fileprivate static var robots: HTTPField.Name { HTTPField.Name("X-Robots-Tag")! }
}

extension HTTPFields {
    fileprivate func adding(_ more: HTTPFields) -> HTTPFields {
        var all = self
        for field in more { all.append(field) }
        return all
    }
}
