import Foundation
import Glibc
import Testing

@Suite("A process that serves")
struct ServeTests {
    private func serve(_ site: Site, environment: [String: String] = [:]) async throws -> Child {
        let server = try site.start(["serve"], environment: environment)
        try await eventually("the server works") {
            guard server.isRunning else { throw Complaint("serve has ended: \(server.errors)") }
            return (try? await site.status().working) ?? false
        }
        return server
    }

    @Test("the other commands work beside it, and what they hand in leaves")
    func beside() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url)
        let server = try await serve(site)
        try await site.enqueue([Mail("a"), Mail("b", to: "bob@example.com")])
        try await eventually("both arrive") { sink.count == 2 }
        try await site.run("opt-out", "add", "bob@example.com")
        try await site.enqueue([Mail("c", to: "bob@example.com"), Mail("d")])
        try await eventually("d arrives") { sink.count == 3 }
        try await eventually("c is blocked") { try await site.message("c").state == "blocked" }
        #expect(try await site.status().working)
        #expect(try await site.run("opt-out", "list").contains("bob@example.com"))
        #expect(try await site.run("message", "list").contains("blocked"))
        let outcome = await server.end(by: SIGTERM)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        #expect(sink.arrivals.map(\.subject).sorted() == ["a", "b", "d"])
    }

    @Test("a second worker on the same file is refused, and told who is there", arguments: ["work", "serve"])
    func second(command: String) async throws {
        let site = try Site(nil)
        let server = try await serve(site)
        let refused = try await site.dunlin(command)
        #expect(refused.code == 75)
        #expect(refused.output == "")
        #expect(refused.errors.contains("dunlin serve, process \(server.identifier)"), "\(refused.errors)")
        #expect(await server.end(by: SIGTERM).ending == .exited(0))
    }

    @Test("the first stop signal lets what is on the wire finish; the second ends the process at once")
    func secondSignal() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: ".", then: .silence)]))
        let site = try Site(sendingTo: sink.url)
        let server = try await serve(site)
        try await site.enqueue([Mail("m")])
        try await eventually("it is on the wire") { sink.count == 1 }
        server.signal(SIGTERM)
        try await eventually("the server says that it stops") { server.errors.contains("stopping") }
        #expect(server.isRunning)
        let outcome = await server.end(by: SIGTERM)
        #expect(outcome.ending == .exited(128 + SIGTERM))
        #expect(try await site.status().count("sending") == 1)
    }

    @Test("a stop does not wait for a silent server longer than it was told to")
    func stopWithin() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: ".", times: 1, then: .silence)]))
        let site = try Site(
            Site.brands + "stop_within: 300ms\n"
                + "channels: {email: {transports: [\"\(sink.url)\"], retry: {first: 10ms}}}\n"
        )
        let server = try await serve(site)
        try await site.enqueue([Mail("m")])
        try await eventually("it is on the wire") { sink.count == 1 }
        let outcome = await server.end(by: SIGTERM)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        try await site.work(until: "it has gone again") { try await site.status().count("sent") == 1 }
        #expect(Set(sink.arrivals.map(\.messageId)).count == 1)
    }

    @Test("systemd is told when it is ready, alive and stopping")
    func systemd() async throws {
        let site = try Site(nil)
        let socket = try NotifySocket(in: site.folder)
        let server = try site.start(
            ["serve"],
            environment: ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "200000"]
        )
        var told: [String] = []
        try await eventually("READY=1 and signs of life") {
            told += socket.take()
            return told.count { $0 == "WATCHDOG=1" } >= 3
        }
        #expect(told.first == "READY=1")
        #expect(Set(told) == ["READY=1", "WATCHDOG=1"])
        #expect(await server.end(by: SIGTERM).ending == .exited(0))
        #expect(Set(socket.take()).union(told) == ["READY=1", "WATCHDOG=1", "STOPPING=1"])
    }

    @Test("neither secrets nor addresses nor bodies stand in the log; addresses do when it is asked for")
    func logs() async throws {
        let sink = try await Peer.sink(
            .init(rules: [
                .init(at: "RCPT", to: "gone", say: "550 5.1.1 Nobody"),
                .init(at: "DATA", times: 1, say: "451 4.3.0 No"),
            ])
        )
        let site = try Site(
            sendingTo: sink.url,
            transport: ["tls: none", "username: dunlin", "password: ${RELAY_PASSWORD}"],
            environment: ["RELAY_PASSWORD": "hunter2"]
        )
        try await site.enqueue([
            Mail("m", to: "Ada Lovelace <ada.lovelace@example.com>", subject: "wondrous", text: "machinery"),
            Mail("n", to: "gone@example.com"),
        ])
        let outcome = try await site.dunlin("work", "--until-empty")
        for word in ["hunter2", "ada.lovelace", "Lovelace", "gone@", "wondrous", "machinery"] {
            #expect(!(outcome.output + outcome.errors).contains(word), "\(word)")
        }
        #expect(try await !site.dunlin("work", "--until-empty", "--verbose").errors.contains("hunter2"))
        for command in [["status"], ["status", "--json"], ["check"], ["check", "--json"], ["message", "show", "m"]] {
            let shown = try await site.start(command).end()
            #expect(!(shown.output + shown.errors).contains("hunter2"), "\(command)")
        }
    }

    @Test("what is too old is forgotten, and the books still balance")
    func retention() async throws {
        let site = try Site(Site.brands + "retention: 100ms\n")
        try await site.enqueue((0..<30).map { Mail("m-\($0)") })
        let server = try await serve(site)
        try await eventually("all is forgotten") {
            let status = try await site.status()
            return status.count("sent") == 0 && status.count("waiting") == 0 && status.count("sending") == 0
        }
        let status = try await site.status()
        #expect(status.acceptedTotal == 30)
        #expect(status.sumHolds)
        #expect(await server.end(by: SIGTERM).ending == .exited(0))
    }
}
