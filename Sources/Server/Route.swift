import HTTPTypes
import Hummingbird
import Messaging

/// A door of the server.
struct Route: Sendable {
    enum Access: Sendable {
        /// Anybody.
        case open
        /// Any token.
        case token
        /// A token that has one of these scopes.
        case scopes([Scope])
        /// A browser that has signed in, with one of these scopes; any when empty.
        case session([Scope])
    }

    let method: HTTPRequest.Method
    /// Such as `/v1/messages/{id}`.
    let path: String
    let access: Access
    let handle: @Sendable (Request, ServerContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ access: Access,
        _ handle: @escaping @Sendable (Request, ServerContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.handle = handle
    }
}

extension Route {
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    /// Puts routes behind the gatekeeper, answers HEAD where there is GET, and any other method with 405.
    static func router(_ routes: [Route], gatekeeper: Gatekeeper) -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: AnswerMiddleware(logger: gatekeeper.logger))
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let hummingbirdPath = RouterPath(stringLiteral: path)
            for route in routes {
                let respond: @Sendable (Request, ServerContext) async throws -> Response = { request, context in
                    var context = context
                    context.caller = try await gatekeeper.admit(request, context, route.access)
                    return try await route.handle(request, context)
                }
                router.on(hummingbirdPath, method: route.method, use: respond)
                if route.method == .get {
                    router.on(hummingbirdPath, method: .head) { request, context in
                        let response = try await respond(request, context)
                        return Response(status: response.status, headers: response.headers, body: .init())
                    }
                }
            }
            var known = Set(routes.map(\.method))
            if known.contains(.get) { known.insert(.head) }
            let allowed = methods.filter(known.contains).map(\.rawValue).joined(separator: ", ")
            for method in methods where !known.contains(method) {
                router.on(hummingbirdPath, method: method) { _, _ -> Response in
                    var problem = Problem(.methodNotAllowed, "this address takes \(allowed)")
                    problem.headers[.allow] = allowed
                    throw problem
                }
            }
        }
        return router
    }
}
