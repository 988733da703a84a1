import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Messaging

/// Says who calls, and whether they may.
struct Gatekeeper: Sendable {
    let register: TokenRegister
    let sessions: Sessions
    let logger: Logger

    func admit(_ request: Request, _ context: ServerContext, _ access: Route.Access) async throws -> Caller {
        switch access {
        case .open:
            return .nobody
        case .token:
            return try await caller(request, context)
        case .scopes(let scopes):
            let caller = try await caller(request, context)
            guard !caller.scopes.isDisjoint(with: scopes) else { throw Gatekeeper.missing(scopes, caller) }
            return caller
        case .session(let scopes):
            guard let token = try await token(of: sessions.tokenID(in: request)) else { throw SignInNeeded() }
            let caller = Caller(token)
            guard scopes.isEmpty || !caller.scopes.isDisjoint(with: scopes) else {
                throw Gatekeeper.missing(scopes, caller)
            }
            return caller
        }
    }

    private func token(of id: Int64?) async throws -> Token? {
        guard let id else { return nil }
        return try await register.token(id: id)
    }

    private func caller(_ request: Request, _ context: ServerContext) async throws -> Caller {
        if let header = request.headers[.authorization] {
            let words = header.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0].lowercased() == "bearer",
                let token = try await register.token(secret: words[1].trimmingCharacters(in: .whitespaces))
            else { throw Gatekeeper.unauthorized("the token is not known, or was revoked") }
            return Caller(token)
        }
        guard try await !register.isGuarded() else {
            throw Gatekeeper.unauthorized("a token is needed: Authorization: Bearer dunlin_...")
        }
        if let refusal = LocalCaller.refusal(
            address: context.remoteAddress,
            host: request.head.authority,
            headers: request.headers
        ) {
            throw Gatekeeper.unauthorized(refusal)
        }
        return .local
    }

    private static func unauthorized(_ detail: String) -> Problem {
        var problem = Problem(.unauthorized, detail)
        problem.headers[.wwwAuthenticate] = "Bearer"
        return problem
    }

    private static func missing(_ scopes: [Scope], _ caller: Caller) -> Problem {
        let words = scopes.map(\.rawValue).joined(separator: " or ")
        return Problem(.forbidden, "the token \(caller.name) lacks the scope \(words)")
    }
}

/// A page was asked for without a session.
struct SignInNeeded: Error {}
