import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Curl

/// Against Postfix's `smtp-sink`.
@Suite
struct SMTPSinkTests {
    @Test func `twenty thousand messages over thirty-two sessions are accepted, each once`() async throws {
        let server = try ScriptedSMTPServer()
        let port = server.port
        server.stop()
        let sink = Process()
        sink.executableURL = URL(fileURLWithPath: "/usr/sbin/smtp-sink")
        sink.arguments = (getuid() == 0 ? ["-u", "nobody"] : []) + ["127.0.0.1:\(port)", "1000"]
        sink.standardOutput = FileHandle.nullDevice
        sink.standardError = FileHandle.nullDevice
        try sink.run()
        defer { kill(sink.processIdentifier, SIGKILL) }

        var settings = SMTPSettings(host: "127.0.0.1", port: port)
        settings.tls = .none
        settings.connections = 32
        settings.messagesPerConnection = 500
        let thread = NetworkThread()
        thread.start()
        while case .failure = await probeSMTP(settings, on: thread) { await Task.yield() }

        let (stream, continuation) = AsyncStream<[SMTPReport]>.makeStream()
        let pool = SMTPPool(name: "sink", settings: settings, thread: thread) { continuation.yield($0) }
        let data = String(repeating: "Dear Ada, this is a line of text.\r\n", count: 58)
        let total: UInt64 = 20_000
        for start in stride(from: 1, through: total, by: 500) {
            pool.submit((start..<start + 500).map { message($0, data: data) })
        }
        var tags: Set<UInt64> = []
        var count: UInt64 = 0
        for await batch in stream {
            for report in batch {
                count += 1
                if case .accepted = report.outcome { tags.insert(report.tag) }
            }
            if count == total { break }
        }
        #expect(tags.count == Int(total))
        await pool.close()
        thread.stop()
    }
}
