import TestSupport
import Testing

@testable import Curl

@Suite struct SMTPProbeTests {
    private func probe(_ server: ScriptedSMTPServer, _ change: (inout SMTPSettings) -> Void = { _ in }) async
        -> Result<SMTPProbe, SMTPFailure>
    {
        var settings = SMTPSettings(host: "127.0.0.1", port: server.port)
        settings.tls = .none
        change(&settings)
        let thread = NetworkThread()
        thread.start()
        let result = await probeSMTP(settings, on: thread)
        thread.stop()
        server.stop()
        return result
    }

    @Test func `a probe tells what the relay announces and sends no mail`() async throws {
        let server = try ScriptedSMTPServer(extensions: ["PIPELINING", "SIZE 1000", "AUTH PLAIN"])
        let probe = try await probe(server).get()
        #expect(probe.address == "127.0.0.1")
        #expect(probe.greeting == SMTPReply(code: 220, text: "test ESMTP"))
        #expect(probe.extensions.lines == ["PIPELINING", "SIZE 1000", "AUTH PLAIN"])
        #expect(probe.extensions.sizeLimit == 1000)
        #expect(!probe.isTLS && !probe.isAuthenticated)
        #expect(server.seen.mails == 0)
    }

    @Test func `a probe of a relay that refuses tells its words`() async throws {
        let server = try ScriptedSMTPServer { $0.step == "greeting" ? .say("554 5.7.1 go away\r\n") : nil }
        guard case .failure(let failure) = await probe(server) else {
            Issue.record("the probe went through")
            return
        }
        #expect(failure.reason == .refused)
        #expect(failure.reply == SMTPReply(code: 554, text: "5.7.1 go away"))
    }

    @Test func `a probe has its time`() async throws {
        let server = try ScriptedSMTPServer { $0.step == "EHLO" ? .silence : nil }
        let result = await probe(server) { $0.timeouts.command = .milliseconds(100) }
        guard case .failure(let failure) = result else {
            Issue.record("the probe went through")
            return
        }
        #expect(failure.reason == .timeout)
    }
}
