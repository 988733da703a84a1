import Foundation
import Glibc

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `dunlin serve` with its HTTP interface on a port of its own.
final class WebServer: Sendable {
    let site: Site
    let child: Child
    let port: Int
    /// Sent with every request, unless a request has another.
    let token: String?

    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - scopes: of the token that is made; `nil` makes none, so that local callers need none.
    ///   - listening: the port, where it must be known beforehand; 0 for a free one.
    init(
        _ site: Site,
        scopes: String? = nil,
        listening: Int = 0,
        environment: [String: String] = [:]
    ) async throws {
        token = if let scopes { try await WebServer.token(site, "test", scopes) } else { nil }
        self.site = site
        let child = try site.start(["serve", "--listen", "127.0.0.1:\(listening)"], environment: environment)
        port = try await eventually("the server listens") {
            guard child.isRunning else { throw Complaint("serve has ended: \(child.errors)") }
            return child.errors.firstMatch(of: /address=http:\/\/127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.output.1) }
        }
        self.child = child
    }

    static func token(_ site: Site, _ name: String, _ scopes: String, _ more: String...) async throws -> String {
        let made = try await site.start(["token", "create", "--name", name, "--scope", scopes] + more).end()
        guard made.code == 0 else { throw Complaint("no token: \(made.errors)") }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct Reply {
        let status: Int
        let type: String
        let text: String
        private let headers: [String: String]

        init(_ response: HTTPURLResponse, _ data: Data) {
            status = response.statusCode
            type = response.value(forHTTPHeaderField: "Content-Type") ?? ""
            text = String(decoding: data, as: UTF8.self)
            headers = Dictionary(
                response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") },
                uniquingKeysWith: { $1 }
            )
        }

        func header(_ name: String) -> String? { headers[name.lowercased()] }

        func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            do {
                return try JSONDecoder.peers.decode(type, from: Data(text.utf8))
            } catch {
                throw Complaint("\(status) is not as expected, \(error): \(text.prefix(500))")
            }
        }

        /// The answer as a problem (RFC 9457).
        var problem: ProblemAnswer {
            get throws {
                guard type == "application/problem+json" else {
                    throw Complaint("no problem: \(status) \(type) \(text)")
                }
                let problem: ProblemAnswer = try decode()
                guard problem.status == status else { throw Complaint("the status differs: \(text)") }
                return problem
            }
        }
    }

    struct ProblemAnswer: Decodable {
        struct Flaw: Decodable, Equatable {
            var pointer: String?
            var parameter: String?
            let detail: String
        }

        let type: String
        let title: String
        let status: Int
        let detail: String
        let requestId: String?
        let errors: [Flaw]?
        let accepted: Int?
        let duplicate: Int?
        let rejected: Int?
        let settledLines: Int?
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        type: String = "application/json",
        token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        guard let url = URL(string: url + path) else { throw Complaint("no URL: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.timeoutInterval = 120
        if let body {
            request.httpBody = Data(body.utf8)
            request.setValue(type, forHTTPHeaderField: "Content-Type")
        }
        if let token = token ?? self.token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await WebServer.session.data(for: request)
        guard let http = response as? HTTPURLResponse else { throw Complaint("no HTTP") }
        return Reply(http, data)
    }

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 64
        return URLSession(configuration: configuration)
    }()

    func get(_ path: String) async throws -> Reply { try await send("GET", path) }

    func enqueue(_ mails: Mail...) async throws -> Reply {
        let lines = try mails.map { try $0.line }
        return try await send("POST", "/v1/messages", lines.count == 1 ? lines[0] : "[\(lines.joined(separator: ","))]")
    }

    /// Stops cleanly; the log.
    @discardableResult
    func stop() async -> Child.Outcome { await child.end(by: SIGTERM) }
}
