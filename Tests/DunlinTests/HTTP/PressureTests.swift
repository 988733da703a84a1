import Foundation
import TestSupport
import Testing

@Suite("A server under pressure")
struct PressureTests {
    private func head(_ length: Int, type: String = "application/json") -> String {
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n\r\n"
    }

    @Test("a body that stops is answered 408; what JSON Lines had brought by then stays")
    func stalledBody() async throws {
        let server = try await WebServer(try Site("http: {body_timeout: 300ms}\n"))
        let stalled = try RawConnection(port: server.port)
        stalled.send(head(1000) + #"{"channel":"#)
        let answer = await stalled.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 408"), "\(answer)")
        let lines = try (0..<100).map { try Mail("s-\($0)").line + "\n" }.joined()
        let stream = try RawConnection(port: server.port)
        stream.send(head(lines.utf8.count + 1000, type: "application/x-ndjson") + lines)
        let partial = await stream.readToEnd()
        #expect(partial.hasPrefix("HTTP/1.1 408"), "\(partial)")
        #expect(partial.contains(#""accepted":100"#) && partial.contains(#""settled_lines":100"#), "\(partial)")
        #expect(try await server.site.status().acceptedTotal == 100)
    }

    @Test("beyond so many connections a caller waits until one ends, and is served then")
    func connections() async throws {
        let server = try await WebServer(try Site("http: {connections: 3}\n"))
        var held = try (0..<3).map { _ in try RawConnection(port: server.port) }
        for connection in held {
            connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await connection.readAnswer().hasPrefix("HTTP/1.1 200"))
        }
        let late = try RawConnection(port: server.port)
        late.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(await !late.isReadable(within: 500), "the fourth was served beside the three")
        held.removeLast()
        #expect(await late.readToEnd().hasPrefix("HTTP/1.1 200"))
    }

    @Test("while too much is being accepted, others are asked to come again, and nothing of theirs is kept")
    func acceptQueue() async throws {
        let site = try Site("http: {accept_queue: 10}\n")
        let server = try await WebServer(site, scopes: "enqueue,read")
        let slow = try await WebServer.token(site, "slow", "enqueue", "--rate", "1")
        func lines(_ prefix: String) throws -> [String] { try (0..<10).map { try Mail("\(prefix)-\($0)").line } }
        func array(_ prefix: String) throws -> String { "[\(try lines(prefix).joined(separator: ","))]" }
        // The first ten take the allowance of ten seconds; the second ten hold the queue while they wait for theirs.
        try await eventually("the slow token works") {
            try await server.send("POST", "/v1/messages", array("first"), token: slow).status == 202
        }
        let stream = RawStream(server, slow, try lines("held").map { $0 + "\n" }.joined())
        try await eventually("the queue is full") {
            try await server.send("POST", "/v1/messages", array("early")).status == 503
        }
        let refused = try await server.send("POST", "/v1/messages", array("refused"))
        #expect(refused.header("Retry-After") == "1")
        #expect(try refused.problem.status == 503)
        #expect(try await server.get("/v1/messages?key=refused-0").text == #"{"messages":[]}"#)
        #expect(await stream.answer.hasPrefix("HTTP/1.1 202"))
        try await eventually("there is room again") {
            try await server.send("POST", "/v1/messages", array("later")).status == 202
        }
    }

    @Test("an answer that cannot be kept ends the stream, and says up to where it was settled")
    func spool() async throws {
        let site = try Site(nil)
        let server = try await WebServer(site, environment: ["TMPDIR": site.folder.path("nowhere")])
        let lines = try (0..<12_000).map { try Mail("d-\($0)").line + "\n" }.joined()
        let reply = try await server.send("POST", "/v1/messages", lines, type: "application/x-ndjson")
        let problem = try reply.problem
        #expect(problem.status == 503)
        let (accepted, settled) = (try #require(problem.accepted), try #require(problem.settledLines))
        #expect(accepted == settled && accepted > 0 && accepted < 12_000)
        #expect(try await site.status().acceptedTotal == accepted)
        #expect(try await server.get("/v1/messages?key=d-\(settled - 1)").text.contains("\"id\""))
        #expect(try await server.get("/v1/messages?key=d-\(settled)").text == #"{"messages":[]}"#)
    }
}

/// JSON Lines on their way, and the answer when it has come.
private final class RawStream: Sendable {
    private let task: Task<String, Never>

    init(_ server: WebServer, _ token: String, _ lines: String) {
        let port = server.port
        task = Task {
            guard let connection = try? RawConnection(port: port) else { return "" }
            connection.send(
                "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                    + "Content-Type: application/x-ndjson\r\nConnection: close\r\n"
                    + "Content-Length: \(lines.utf8.count)\r\n\r\n" + lines
            )
            return await connection.readToEnd()
        }
    }

    var answer: String { get async { await task.value } }
}
