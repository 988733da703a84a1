import Curl
import TestSupport

/// A pool on a network thread of its own, against a scripted server.
struct PoolBench {
    let pool: SMTPPool
    let server: ScriptedSMTPServer
    let reports: AsyncStream<SMTPReport>
    private let thread: NetworkThread

    static func run(
        extensions: [String] = ["PIPELINING"],
        script: @escaping ScriptedSMTPServer.Script = { _ in nil },
        settings change: (inout SMTPSettings) -> Void = { _ in },
        _ body: (PoolBench) async throws -> Void
    ) async throws {
        let server = try ScriptedSMTPServer(extensions: extensions, script: script)
        var settings = SMTPSettings(host: "127.0.0.1", port: server.port)
        settings.tls = .none
        settings.heloName = "client.example"
        change(&settings)
        let thread = NetworkThread()
        thread.start()
        let (stream, continuation) = AsyncStream<SMTPReport>.makeStream()
        let pool = SMTPPool(name: "test", settings: settings, thread: thread) { reports in
            for report in reports { continuation.yield(report) }
        }
        let bench = PoolBench(pool: pool, server: server, reports: stream, thread: thread)
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        await pool.close()
        thread.stop()
        server.stop()
        try result.get()
    }

    /// The outcomes of the next `count` reports, by tag.
    func outcomes(_ count: Int) async -> [UInt64: String] {
        var outcomes: [UInt64: String] = [:]
        for await report in reports.prefix(count) { outcomes[report.tag] = report.outcome.brief }
        return outcomes
    }

    /// Sends messages one after another and gives their outcomes in order.
    func send(_ messages: [SMTPSubmission]) async -> [String] {
        pool.submit(messages)
        return await outcomes(messages.count).sorted { $0.key < $1.key }.map(\.value)
    }
}
