import Foundation
import Testing

@Suite("Postfix's smtp-sink, with its faults")
struct SMTPSinkTests {
    @Test(
        "whole and unchanged, in every script, however the server speaks",
        arguments: [[], ["-p"], ["-8"], ["-E"], ["-p", "-8", "-E", "-N"], ["-e"], ["-P"]]
    )
    func delivers(options: [String]) async throws {
        let sink = try await SMTPSink(options)
        let site = try Site(sendingTo: sink.url, transport: ["connections: 3"])
        try await site.enqueue(Correspondence.samples)
        try await site.run("work", "--until-empty")
        #expect(try await site.status().count("sent") == Correspondence.samples.count)
        try Correspondence.verify(try await sink.mails())
    }

    struct Fault: CustomTestStringConvertible {
        var options: [String]
        var state: String
        var reason: String?
        /// The kind of the only event.
        var event: String
        var testDescription: String { options.joined(separator: " ") }
    }

    static let faults: [Fault] = ["MAIL", "RCPT", "DATA", "."].flatMap(faults(at:)) + others

    private static func faults(at step: String) -> [Fault] {
        let lost = step == "." ? "uncertain" : "retry"
        return [
            Fault(options: ["-r", step], state: "waiting", reason: "temporary", event: "retry"),
            Fault(options: ["-f", step], state: "failed", reason: "permanent", event: "rejected"),
            Fault(options: ["-Q", step], state: "waiting", reason: "temporary", event: "retry"),
            Fault(options: ["-q", step], state: "waiting", reason: "connection", event: lost),
        ]
    }

    private static let others: [Fault] = [
        Fault(
            options: ["-B", "554 5.7.1 Not by our rules", "-f", "RCPT"],
            state: "failed",
            reason: "policy",
            event: "rejected"
        ),
        Fault(options: ["-q", "CONNECT"], state: "waiting", reason: nil, event: "retry"),
        Fault(options: ["-f", "CONNECT"], state: "waiting", reason: nil, event: "retry"),
        Fault(options: ["-q", "EHLO"], state: "waiting", reason: nil, event: "retry"),
        Fault(options: ["-A", "0"], state: "failed", reason: "permanent", event: "rejected"),
    ]

    @Test("each fault option ends as the table of outcomes says", arguments: faults)
    func fault(_ fault: Fault) async throws {
        let sink = try await SMTPSink(fault.options)
        let site = try Site(
            sendingTo: sink.url,
            transport: ["connections: 1", "command_timeout: 5s"],
            channel: ["retry: {first: 1h}"]
        )
        try await site.enqueue([Mail("m")])
        try await site.run("work", "--until-empty")
        let message = try await site.message("m")
        #expect(message.state == fault.state)
        if let reason = fault.reason { #expect(message.reason == reason) }
        #expect(message.events.map(\.kind) == [fault.event])
        #expect(message.attempts == 1)
    }
}
