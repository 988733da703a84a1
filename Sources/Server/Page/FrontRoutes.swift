import HTTPTypes
import Hummingbird
import Messaging
import Storage

/// The overview, signing in and out, and the files of the page.
struct FrontRoutes {
    let backend: Backend
    let page: Page
    let register: TokenRegister

    var routes: [Route] {
        [
            Route(.get, "/", .session([.read])) { try await overview($0, $1) },
            Route(.get, "/sign-in", .open) { try await form($0, $1) },
            Route(.post, "/sign-in", .open) { try await signIn($0, $1) },
            Route(.post, "/sign-out", .open) { request, _ in
                try page.sessions.check(try await Form(request, limit: Form.openLimit), request)
                return page.redirect(to: "/sign-in", cookies: [page.sessions.clear(.session)])
            },
            Route(.get, "/assets/app.css", .open) { _, _ in FrontRoutes.asset(PackageResources.app_css, "text/css") },
            Route(.get, "/assets/app.js", .open) { _, _ in FrontRoutes.asset(PackageResources.app_js, "text/javascript")
            },
            Route(.get, "/assets/favicon.svg", .open) { _, _ in
                FrontRoutes.asset(PackageResources.favicon_svg, "image/svg+xml")
            },
        ]
    }

    private static func asset(_ bytes: [UInt8], _ type: String) -> Response {
        .bytes(bytes, type: "\(type); charset=utf-8", headers: [.cacheControl: "no-cache"])
    }

    private func overview(_ request: Request, _ context: ServerContext) async throws -> Response {
        let own = try await FrontRoutes.overview(page, backend)
        let value = try await page.value("Overview", .overview, request, context, live: "/live/overview", own)
        return try page.response(.overview, value, request)
    }

    static func overview(_ page: Page, _ backend: Backend) async throws -> PageValue {
        let backlog = try await backend.queue.shape(by: "domain", now: backend.clock.now())
        return OverviewPage(report: try await page.reports.report(), backlog: backlog).value
    }

    // MARK: - Signing in

    private func form(_ request: Request, _ context: ServerContext) async throws -> Response {
        try await form(request, context, next: Form(request.uri.query ?? "")["next"] ?? "/")
    }

    private func form(
        _ request: Request,
        _ context: ServerContext,
        next: String,
        fault: String = ""
    ) async throws -> Response {
        let visit = page.sessions.newVisit()
        let own: PageValue = ["next": .text(next), "csrf": .text(visit.formWord)]
        let value = try await page.value("Sign in", nil, request, context, fault: fault, own)
        return try page.response(
            .signin,
            value,
            request,
            status: fault.isEmpty ? .ok : .forbidden,
            cookies: [visit.cookie]
        )
    }

    private func signIn(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request, limit: Form.openLimit)
        try page.sessions.checkVisit(form, request)
        let next = FrontRoutes.local(form["next"] ?? "/")
        guard let token = try await register.token(secret: form["token"] ?? "") else {
            return try await self.form(
                request,
                context,
                next: next,
                fault: "This token is not known, or was revoked: see 'dunlin token list'."
            )
        }
        guard token.scopes.contains(.read) else {
            let fault = "The token \(token.name) may not look at anything: it lacks the scope read."
            return try await self.form(request, context, next: next, fault: fault)
        }
        return page.redirect(to: next, cookies: [page.sessions.signIn(token.id), page.sessions.clear(.visit)])
    }

    /// Only a path of this server: `//host` and `/\\host` lead elsewhere.
    static func local(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x5c }
        return path.hasPrefix("/") && !path.hasPrefix("//") && isPlain ? path : "/"
    }
}
