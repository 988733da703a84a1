import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("The server's death", .serialized)
struct ServerCrashTests {
    /// The messages that were answered 202: their keys, by number.
    private final class Answered: Sendable {
        private let keys = Mutex<[Int: String]>([:])

        var all: [Int: String] { keys.withLock { $0 } }
        func add(_ id: Int, _ key: String) { keys.withLock { $0[id] = key } }
    }

    @Test("while many hand in at once: every message that was answered 202 is there, once")
    func killed() async throws {
        let site = try Site(nil)
        let accepted = Answered()
        for round in 0..<3 * TestSize.factor {
            let server = try await WebServer(site)
            let target = Int.random(in: 200...900)
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<32 {
                    group.addTask {
                        for index in 0... {
                            let key = "r\(round)-w\(worker)-\(index)"
                            guard let reply = try? await server.enqueue(Mail(key)), reply.status == 202,
                                let id = try? reply.decode(EnqueueOverHTTPTests.Item.self).id
                            else { return }
                            accepted.add(id, key)
                        }
                    }
                }
                group.addTask {
                    let before = accepted.all.count
                    try? await eventually("\(target) are accepted") { accepted.all.count >= before + target }
                    server.child.signal(SIGKILL)
                }
            }
            #expect(await server.child.end().ending == .killed(by: SIGKILL))
            let status = try await site.status()
            #expect(status.sumHolds)
        }
        struct Stored: Decodable { let id: Int, key: String }
        let stored = try await site.run("message", "list", "--limit", "1000000", "--json").split(separator: "\n")
            .map { try JSONDecoder().decode(Stored.self, from: Data($0.utf8)) }
        let byID = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0.key) })
        let answered = accepted.all
        #expect(answered.count >= 600)
        for (id, key) in answered { #expect(byID[id] == key, "message \(id) was answered 202 and is gone") }
        #expect(Set(stored.map(\.key)).count == stored.count)
        #expect(try await site.audit().integrity == "ok")
    }

    @Test("a stop answers what is being handed in, and then no more")
    func stopped() async throws {
        let site = try Site(nil)
        let server = try await WebServer(site)
        let connection = try RawConnection(port: server.port)
        let mail = try Mail("slow").line
        connection.send(
            "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(mail.utf8.count)\r\n\r\n" + mail.dropLast(5)
        )
        try await eventually("the request has begun") { try await server.get("/livez").status == 200 }
        server.child.signal(SIGTERM)
        try await eventually("nobody else is served") { !FreePort.answers(server.port) }
        connection.send(String(mail.suffix(5)))
        #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 202"))
        #expect(await server.child.end().ending == .exited(0))
        #expect(try await site.status().acceptedTotal == 1)
    }

    @Test("a port that is taken is told of, and nothing is worked on")
    func portTaken() async throws {
        let server = try await WebServer(try Site(nil))
        let outcome = try await Site(nil).dunlin("serve", "--listen", "127.0.0.1:\(server.port)")
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(server.port)"))
        #expect(outcome.errors.contains("--listen"))
    }
}
