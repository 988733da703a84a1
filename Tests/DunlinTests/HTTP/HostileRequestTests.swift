import Foundation
import Testing

@Suite("Requests that mean no good")
struct HostileRequestTests {
    /// A head for a raw connection.
    private func head(_ length: String, type: String = "application/json") -> String {
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n\(length)\r\n\r\n"
    }

    private func problem(in answer: String) throws -> WebServer.ProblemAnswer {
        let body = try #require(answer.firstRange(of: "\r\n\r\n"))
        return try JSONDecoder.peers.decode(WebServer.ProblemAnswer.self, from: Data(answer[body.upperBound...].utf8))
    }

    @Test("a head that trickles in is answered 408 and cut, and others are served meanwhile")
    func slowLoris() async throws {
        let site = try Site("http: {header_timeout: 400ms, idle_timeout: 400ms}\n")
        let server = try await WebServer(site)
        let loris = try (0..<50).map { _ in try RawConnection(port: server.port) }
        for connection in loris { connection.send("GET /livez HTTP/1.1\r\nHost: local") }
        #expect(try await server.get("/livez").status == 200)
        for connection in loris {
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408"))
            #expect(try problem(in: answer).status == 408)
        }
        let idle = try RawConnection(port: server.port)
        idle.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(await idle.readToEnd().hasPrefix("HTTP/1.1 200"), "an idle connection is closed")
        #expect(await server.stop().ending == .exited(0))
    }

    @Test("a body that is too large is refused before it is read, or as soon as it is too large")
    func oversized() async throws {
        let server = try await WebServer(try Site(nil))
        let declared = try RawConnection(port: server.port)
        declared.send(head("Content-Length: 50000000"))
        let answer = await declared.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 413"))
        #expect(try problem(in: answer).status == 413)
        let chunked = try RawConnection(port: server.port)
        chunked.send(head("Transfer-Encoding: chunked"))
        let chunk = "100000\r\n" + String(repeating: "x", count: 1 << 20) + "\r\n"
        for _ in 0..<40 where !chunked.send(chunk) { break }
        #expect(await chunked.readToEnd().hasPrefix("HTTP/1.1 413"))
        let form = try await server.send("POST", "/v1/opt-outs", String(repeating: " ", count: 2 << 20))
        #expect(form.status == 413)
        #expect(try await server.get("/livez").status == 200)
    }

    @Test("a head that is too large, or no HTTP at all, is a problem too")
    func heads() async throws {
        let server = try await WebServer(try Site(nil))
        let large = try RawConnection(port: server.port)
        large.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "a", count: 20_000))\r\n\r\n")
        let answer = await large.readToEnd()
        #expect(try [400, 431].contains(problem(in: answer).status))
        for nonsense in [
            "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
        ] {
            let connection = try RawConnection(port: server.port)
            connection.send(nonsense)
            #expect(try await problem(in: connection.readToEnd()).status == 400, "\(nonsense)")
        }
        for smuggled in ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6"] {
            let connection = try RawConnection(port: server.port)
            connection.send(head(smuggled) + "0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n")
            let answer = await connection.readToEnd()
            #expect(!answer.contains("202 Accepted") && !answer.contains("200 OK"), "\(smuggled)")
        }
        #expect(try await server.get("/livez").status == 200)
    }

    @Test("of JSON Lines that break off what was accepted stays, and the answer says up to where")
    func halfSent() async throws {
        let server = try await WebServer(try Site(nil))
        let lines = try (0..<1000).map { try Mail("h-\($0)").line + "\n" }.joined()
        let whole = Array(lines.utf8)
        let connection = try RawConnection(port: server.port)
        connection.send(head("Content-Length: \(whole.count + 1000)", type: "application/x-ndjson"))
        connection.send(whole + Array(#"{"channel": "em"#.utf8))
        try await eventually("the lines are stored") { try await server.site.status().acceptedTotal == 1000 }
        connection.finish()
        let answer = await connection.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer.prefix(200))")
        let problem = try problem(in: answer)
        #expect(problem.accepted == 1000)
        #expect(problem.settledLines == 1000)
        let again = try await server.send("POST", "/v1/messages", lines, type: "application/x-ndjson")
        #expect(again.text.contains(#""accepted":0,"duplicate":1000"#))
    }

    @Test("a JSON body that breaks off is accepted in no part")
    func halfJSON() async throws {
        let server = try await WebServer(try Site(nil))
        let connection = try RawConnection(port: server.port)
        let mail = try Mail("x").line
        connection.send(head("Content-Length: \(mail.utf8.count + 10)") + mail)
        connection.finish()
        #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400"))
        #expect(try await server.site.status().acceptedTotal == 0)
    }

    @Test(
        "what is no JSON, or too deep, is refused with its place",
        arguments: [
            "{", "", "nonsense", #"{"channel": "email",}"#, String(repeating: "[", count: 100_000),
            String(repeating: #"{"a":"#, count: 5000), "\"\\ud800\"",
        ]
    )
    func malformed(body: String) async throws {
        let server = try await WebServer(try Site(nil))
        let reply = try await server.send("POST", "/v1/messages", body)
        #expect(reply.status == 400 || reply.status == 422)
        #expect(try !reply.problem.detail.isEmpty)
        #expect(try await server.site.dunlin("status", "--json").output.contains("\"accepted_total\":0"))
    }

    @Test("bytes that are no UTF-8 are refused, in JSON and in JSON Lines")
    func invalidUTF8() async throws {
        let server = try await WebServer(try Site(nil))
        for type in ["application/json", "application/x-ndjson"] {
            var body = Array(#"{"channel":"email","to":"a@example.com","content":{"subject":"x","text":""#.utf8)
            body += [0xff, 0xfe]
            body += Array(#""}}"#.utf8)
            let connection = try RawConnection(port: server.port)
            connection.send(head("Content-Length: \(body.count)\r\nConnection: close", type: type))
            connection.send(body)
            let answer = await connection.readToEnd()
            #expect(try [400, 422].contains(problem(in: answer).status), "\(answer)")
        }
        #expect(try await server.site.status().acceptedTotal == 0)
    }

    @Test("another type of content, an unknown parameter, method or address: each has its own answer")
    func misuse() async throws {
        let server = try await WebServer(try Site(nil))
        #expect(try await server.send("POST", "/v1/messages", "a=1", type: "text/plain").problem.status == 415)
        #expect(try await server.get("/v1/messages?colour=red").problem.errors?.first?.parameter == "colour")
        #expect(try await server.get("/v1/messages?limit=1&limit=2").problem.status == 400)
        #expect(try await server.get("/v1/messages?limit=0").problem.status == 400)
        #expect(try await server.get("/v1/messages?cursor=!").problem.status == 400)
        let put = try await server.send("PUT", "/v1/messages")
        #expect(try put.problem.status == 405)
        #expect(put.header("Allow") == "GET, HEAD, POST")
        #expect(try await server.get("/v1/nothing").problem.status == 404)
        #expect(try await server.get("/v1/messages/0").problem.status == 404)
        #expect(try await server.get("/v1/messages/..%2F..%2Fetc%2Fpasswd").problem.status == 404)
        #expect(try await server.send("HEAD", "/v1/status").status == 200)
        let named = try await server.send("GET", "/v1/status", headers: ["X-Request-Id": "abc-1"])
        #expect(named.header("X-Request-Id") == "abc-1")
        let injected = try await server.send("GET", "/v1/status", headers: ["X-Request-Id": "a b<c>"])
        #expect(injected.header("X-Request-Id") != "a b<c>")
    }
}
