public import Foundation

#if canImport(FoundationNetworking)
    public import FoundationNetworking
#endif

/// Hands messages to a Dunlin server, and asks what became of them.
///
/// Requests that fail on the way may be repeated: with a `key` no message is accepted twice.
public struct DunlinClient: Sendable {
    private let url: URL
    private let token: String?
    private let session: URLSession

    /// - Parameters:
    ///   - url: of the server, such as `http://127.0.0.1:8025`.
    ///   - token: as `dunlin token create` shows it; `nil` on the server's own machine while it has no tokens.
    public init(url: URL, token: String? = nil, session: URLSession = .shared) {
        self.url = url
        self.token = token
        self.session = session
    }

    /// Returns when the message is on the server's disk, or was there before. Throws ``Problem`` when it was not taken.
    public func enqueue(_ message: Message) async throws -> Receipt {
        try await call("POST", "v1/messages", body: try JSONEncoder().encode(message))
    }

    /// At most 10,000 at once. Throws ``Problem`` when none was taken.
    public func enqueue(_ messages: [Message]) async throws -> BatchReceipt {
        try await call("POST", "v1/messages", body: try JSONEncoder().encode(messages))
    }

    /// One message with its story.
    public func message(_ id: Int64) async throws -> StoredMessage {
        try await call("GET", "v1/messages/\(id)")
    }

    /// - Returns: `nil` when there is no message of that key.
    public func message(key: String) async throws -> StoredMessage? {
        struct Page: Decodable { let messages: [StoredMessage] }
        let page: Page = try await call("GET", "v1/messages", query: [URLQueryItem(name: "key", value: key)])
        return page.messages.first
    }

    /// Cancels all that waits or is held of a conversation, such as when an invoice is paid.
    ///
    /// - Returns: how many messages were cancelled.
    public func cancel(conversation: String) async throws -> Int {
        struct Answer: Decodable { let done: Int }
        let body = try JSONEncoder().encode(["filter": ["conversation": conversation]])
        let answer: Answer = try await call("POST", "v1/messages/cancel", body: body)
        return answer.done
    }

    private func call<Answer: Decodable>(
        _ method: String,
        _ path: String,
        query: [URLQueryItem] = [],
        body: Data? = nil
    ) async throws -> Answer {
        var address = url.appendingPathComponent(path)
        if !query.isEmpty, var parts = URLComponents(url: address, resolvingAgainstBaseURL: false) {
            parts.queryItems = query
            parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
            address = parts.url ?? address
        }
        var request = URLRequest(url: address)
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await session.data(for: request)
        guard let http = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        guard (200..<300).contains(http.statusCode) else {
            guard var problem = try? JSONDecoder().decode(Problem.self, from: data) else {
                throw URLError(.badServerResponse)
            }
            problem.retryAfter = http.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) }
            throw problem
        }
        return try JSONDecoder().decode(Answer.self, from: data)
    }
}
