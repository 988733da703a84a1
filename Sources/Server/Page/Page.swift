import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import NIOCore

/// What all pages have in common: the frame around them, and the headers that guard them.
struct Page: Sendable {
    enum Section: String, CaseIterable {
        case overview, messages, tasks, lanes, templates, compliance
        case optOuts = "opt_outs"
    }

    let templates: PageTemplates
    let sessions: Sessions
    let reports: StatusCache
    let version: String

    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// For a part of a message in its frame: nothing is loaded, nothing runs.
    private static let partPolicy =
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"

    private static let headers: HTTPFields = [
        .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .contentSecurityPolicy: policy,
        .referrerPolicy: "same-origin",
    ]

    /// The values that the frame of every page needs, beside those of the page.
    func value(
        _ title: String,
        _ section: Section?,
        _ request: Request,
        _ context: ServerContext,
        live: String = "",
        fault: String = "",
        _ own: PageValue
    ) async throws -> PageValue {
        let report = try await reports.report()
        return own.adding([
            "title": .text(title),
            "nav": .fields(Section.allCases.map { ($0.rawValue, .flag($0 == section)) }),
            "user": .text(context.caller.name), "can_operate": .flag(context.caller.scopes.contains(.operate)),
            "can_comply": .flag(context.caller.scopes.contains(.comply)),
            "csrf": .text(sessions.formWord(request)), "health": report.health,
            "notice": .text(sessions.notice(in: request) ?? ""), "fault": .text(fault), "live": .text(live),
            "version": .text(version),
        ])
    }

    func response(
        _ name: PageTemplates.Name,
        _ value: PageValue,
        _ request: Request,
        status: HTTPResponse.Status = .ok,
        cookies: [String] = []
    ) throws -> Response {
        var headers = Page.headers
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        if sessions.notice(in: request) != nil {
            headers.append(HTTPField(name: .setCookie, value: sessions.clear(.notice)))
        }
        let body = try templates.render(name, value)
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    func redirect(to path: String, cookies: [String] = []) -> Response {
        Page.redirect(to: path, cookies: cookies)
    }

    private static func redirect(to path: String, cookies: [String] = []) -> Response {
        var headers: HTTPFields = [.location: path, .cacheControl: "no-store"]
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: .seeOther, headers: headers)
    }

    /// An HTML part of a message, for a frame.
    static func part(_ bytes: [UInt8]) -> Response {
        .bytes(
            bytes,
            type: "text/html; charset=utf-8",
            headers: [.cacheControl: "no-store", .contentSecurityPolicy: partPolicy, .referrerPolicy: "no-referrer"]
        )
    }

    // MARK: - Errors

    /// Whether an error is to be a page: a browser asks for one of ours.
    static func wants(_ request: Request) -> Bool {
        guard !["/v1", "/metrics", "/livez", "/readyz", "/live"].contains(where: request.uri.path.hasPrefix)
        else { return false }
        return request.headers[.accept]?.contains("text/html") ?? false
    }

    static func signInNeeded(_ request: Request) -> Response {
        guard !request.uri.path.hasPrefix("/live") else {
            return Problem(.unauthorized, "sign in").response(requestID: "")
        }
        let isGet = request.method == .get || request.method == .head
        let next = isGet ? "?next=\(Words.encoded(request.uri.description))" : ""
        return redirect(to: "/sign-in\(next)")
    }

    private static let own = try? PageTemplates()

    /// Made without any look at the database, which may be what is wrong.
    static func error(_ problem: Problem) -> Response {
        let value: PageValue = [
            "title": .text(problem.status.reasonPhrase), "status": "\(problem.status.code)",
            "detail": .text(problem.detail), "back": ["href": "/", "text": "Back to the overview"],
            "nav": .fields(Section.allCases.map { ($0.rawValue, false) }), "user": "", "can_operate": false,
            "can_comply": false, "csrf": "",
            "health": ["is_ok": true, "is_warning": false, "is_critical": false, "text": ""], "notice": "", "fault": "",
            "live": "", "version": "",
        ]
        var headers = Page.headers
        for field in problem.headers { headers.append(field) }
        let body = (try? Page.own?.render(.error, value)) ?? Array(problem.detail.utf8)
        return Response(status: problem.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension StatusReport {
    /// The dot at the head of each page.
    var health: PageValue {
        let critical = problems.count { $0.severity == .critical }
        let warnings = problems.count - critical
        var parts: [String] = []
        if critical > 0 { parts.append("\(critical) critical") }
        if warnings > 0 { parts.append(warnings == 1 ? "1 warning" : "\(warnings) warnings") }
        return [
            "is_ok": .flag(problems.isEmpty), "is_warning": .flag(critical == 0 && warnings > 0),
            "is_critical": .flag(critical > 0),
            "text": .text(parts.isEmpty ? "All is well" : parts.joined(separator: ", ")),
        ]
    }
}
