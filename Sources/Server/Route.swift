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
    /// Puts routes behind the gatekeeper, and answers HEAD where there is GET.
    static func router(_ routes: [Route], gatekeeper: Gatekeeper) -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: AnswerMiddleware(logger: gatekeeper.logger, methods: AllowedMethods(routes)))
        for route in routes {
            let path = RouterPath(stringLiteral: route.path)
            let respond: @Sendable (Request, ServerContext) async throws -> Response = { request, context in
                var context = context
                context.caller = try await gatekeeper.admit(request, context, route.access)
                return try await route.handle(request, context)
            }
            router.on(path, method: route.method, use: respond)
            guard route.method == .get else { continue }
            router.on(path, method: .head) { request, context in
                let response = try await respond(request, context)
                return Response(status: response.status, headers: response.headers, body: .init())
            }
        }
        return router
    }
}

/// Which methods each address takes, to tell a wrong method from a wrong address.
struct AllowedMethods {
    private let paths: [(segments: [Substring], methods: Set<HTTPRequest.Method>)]

    init(_ routes: [Route]) {
        paths = Dictionary(grouping: routes, by: \.path).map { path, routes in
            var methods = Set(routes.map(\.method))
            if methods.contains(.get) { methods.insert(.head) }
            return (path.split(separator: "/"), methods)
        }
    }

    /// - Returns: `nil` for an address that is not there at all.
    func methods(at path: String) -> String? {
        let segments = path.split(separator: "/")
        let found = paths.filter { entry in
            entry.segments.count == segments.count
                && zip(entry.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        // As the router does: an address that is written out goes before one with a name in it.
        let literal = found.filter { $0.segments == segments }
        let methods = (literal.isEmpty ? found : literal).reduce(into: Set<HTTPRequest.Method>()) {
            $0.formUnion($1.methods)
        }
        return methods.isEmpty ? nil : methods.map(\.rawValue).sorted().joined(separator: ", ")
    }
}
