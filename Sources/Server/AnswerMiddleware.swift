import Curl
import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import Storage

/// Around every request: its id, the form of errors, what goes to the log, and the measures.
struct AnswerMiddleware: RouterMiddleware {
    let logger: Logger
    let methods: AllowedMethods

    func handle(
        _ request: Request,
        context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let start = MonotonicClock.now()
        var context = context
        context.requestID = AnswerMiddleware.identifier(request)
        var response: Response
        do {
            response = try await next(request, context)
        } catch is SignInNeeded {
            response = Page.signInNeeded(request)
        } catch {
            response = refuse(error, request, context)
        }
        response.headers[.requestID] = context.requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        let route = context.endpointPath ?? "none"
        HTTPMeasures.shared.took(
            method: request.method.rawValue,
            route: route,
            status: response.status.code,
            nanoseconds: MonotonicClock.now() - start
        )
        logger.debug(
            "request",
            metadata: [
                "request": "\(context.requestID)", "route": "\(request.method.rawValue) \(route)",
                "status": "\(response.status.code)",
            ]
        )
        return response
    }

    private func refuse(_ error: any Error, _ request: Request, _ context: ServerContext) -> Response {
        var problem: Problem
        if error is HTTPParserError {
            problem = Problem(.badRequest, "the request broke off, or is no HTTP").closing
        } else {
            problem = Problem(for: error)
        }
        if problem.status == .notFound, error is HTTPError {
            problem = Problem(.notFound, "there is nothing at \(request.uri.path)")
            if let allowed = methods.methods(at: request.uri.path) {
                problem = Problem(.methodNotAllowed, "this address takes \(allowed)")
                problem.headers[.allow] = allowed
            }
        }
        switch (error as? StorageError)?.code {
        case .diskFull: HTTPMeasures.shared.pushedBack(.diskFull)
        case .busy: HTTPMeasures.shared.pushedBack(.busy)
        default: break
        }
        if problem.status.code >= 500, problem.status != .serviceUnavailable {
            logger.error("a request failed: \(error)", metadata: ["request": "\(context.requestID)"])
        }
        if Page.wants(request) { return Page.error(problem) }
        return problem.response(requestID: context.requestID)
    }

    /// The caller's own, if it is one word of harmless characters; else 64 random bits.
    private static func identifier(_ request: Request) -> String {
        if let given = request.headers[.requestID], (1...100).contains(given.utf8.count),
            given.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == 0x2d || byte == 0x2e || byte == 0x5f
            })
        {
            return given
        }
        return String(UInt64.random(in: .min ... .max), radix: 16)
    }
}
