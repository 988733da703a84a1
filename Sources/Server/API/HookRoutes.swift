import HTTPTypes
import Hummingbird
import Logging
import Messaging
import NIOCore

/// `/hooks/{transport}`: what providers report of messages, and what people text back. They need no token: each proves itself
/// as its provider does.
struct HookRoutes {
    let backend: Backend
    /// What the world calls this server.
    let publicURL: String?
    /// What mail servers prove themselves with; `nil` where none may post.
    let inboundKey: String?

    /// Bytes.
    static let limit = 256 << 10

    var routes: [Route] {
        [
            Route(.post, "/hooks/{transport}", .open) { try await take($0, $1) },
            Route(.get, "/hooks/{transport}", .open) { try await take($0, $1) },
        ]
    }

    /// As it came, without what proves it.
    private func raw(_ request: Request, _ body: [UInt8]) -> [UInt8] {
        let query = request.uri.queryParameters.filter { $0.key != "key" && $0.key != "proof" }
        let fields = Words.query(query.map { (String($0.key), String($0.value)) })
        return Array("\(request.method.rawValue) \(request.uri.path)?\(fields)\n".utf8) + body
    }

    /// A mail as it came (message/rfc822), from a mail server that knows the key.
    private func takeMail(_ request: Request) async throws -> Response {
        guard let inboundKey else { throw Problem.notFound("way for mail: set http.inbound_key") }
        let given = request.uri.queryParameters.first { $0.key == "key" }.map { String($0.value) } ?? ""
        guard isEqualInConstantTime(Array(given.utf8), Array(inboundKey.utf8)) else {
            throw Problem(.forbidden, "the key is missing or wrong")
        }
        let recipient = request.uri.queryParameters.first { $0.key == "recipient" }.map { String($0.value) }
        let body = try await request.bytes(upTo: InboundDesk.largest)
        guard !body.isEmpty else { throw Problem(.unprocessableContent, "there is no mail in the body") }
        let desk = InboundDesk(queue: backend.queue, secret: backend.secret)
        let (mail, _) = try await desk.take(body, recipient: recipient)
        if case .wish = mail.matter { try await backend.optOuts.takeEffect() }
        return .bytes(Array("OK\n".utf8), type: "text/plain; charset=utf-8")
    }

    private func take(_ request: Request, _ context: ServerContext) async throws -> Response {
        guard let name = context.parameters.get("transport"), let reader = backend.hooks[name] else {
            if context.parameters.get("transport") == InboundDesk.name { return try await takeMail(request) }
            throw Problem.notFound("transport that providers report to")
        }
        let body = try await request.bytes(upTo: HookRoutes.limit)
        let hook = HookRequest(
            method: request.method.rawValue,
            origin: publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
                ?? "http://\(request.head.authority ?? "")",
            target: request.uri.description,
            headers: Dictionary(
                request.headers.map { ($0.name.canonicalName, $0.value) },
                uniquingKeysWith: { first, _ in first }
            ),
            body: body
        )
        let content: HookContent
        do {
            content = try reader.read(hook)
        } catch {
            switch error {
            case .unproven(let why):
                backend.logger.warning(
                    "a hook without proof was refused",
                    metadata: ["transport": "\(name)", "why": "\(why)"]
                )
                throw Problem(.forbidden, "this does not prove that it comes from the provider: \(why)")
            case .malformed(let why): throw Problem(.unprocessableContent, "it cannot be read: \(why)")
            }
        }
        let answers = TextAnswers(brands: backend.composer.brands, policies: backend.policies)
        let log = HookLog(
            backend.queue,
            reopening: backend.reopening,
            answers: reader.answersTexts ? answers : nil
        )
        _ = try await log.take(content, from: name, raw: raw(request, body))
        if content.isNo { try await backend.optOuts.takeEffect() }
        return .bytes(Array(reader.answer.body.utf8), type: reader.answer.type)
    }
}
