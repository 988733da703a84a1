import Foundation
import Glibc
import TestSupport
import Testing

/// An installation of its own: a folder with a configuration and a database.
final class Site: Sendable {
    let folder: TemporaryFolder
    private let environment: [String: String]

    /// Texts and calls go at any time of day, as the tests run at any.
    static let brands = """
        brands:
          acme:
            name: Acme Ltd
            from: Acme Billing <billing@acme.example>
            postal_address: 1 Main Street, Springfield, IL 62701, USA
            tone: friendly
            compliance: {rules: {SM-08: false}}

        """

    /// - Parameter configuration: the whole `dunlin.yaml`; none when `nil`.
    init(_ configuration: String?, environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        self.environment = Child.environment.merging(["DUNLIN_TEMPLATES": Installed.templates]) { $1 }
            .merging(environment) { $1 }
        if let configuration { try folder.write(configuration, to: "dunlin.yaml") }
    }

    /// A site whose mail goes to a server.
    ///
    /// - Parameters:
    ///   - transport: further keys of the transport, one line each.
    ///   - channel: further keys of the channel, one line each.
    convenience init(
        sendingTo url: String,
        transport: [String] = [],
        channel: [String] = ["retry: {first: 20ms, max: 50ms}"],
        environment: [String: String] = [:]
    ) throws {
        let keys = (["type: smtp", "url: \(url)"] + transport).map { "        \($0)\n" }.joined()
        try self.init(
            Site.brands + "channels:\n  email:\n    transports:\n      -" + keys.dropFirst(7)
                + channel.map { "    \($0)\n" }.joined(),
            environment: environment
        )
    }

    func start(_ arguments: [String], input: String? = "", environment: [String: String] = [:]) throws -> Child {
        try Child(
            Installed.dunlin,
            arguments,
            input: input,
            in: folder,
            environment: self.environment.merging(environment) { $1 }
        )
    }

    func dunlin(
        _ arguments: String...,
        input: String = "",
        environment: [String: String] = [:]
    ) async throws -> Child.Outcome {
        try await start(arguments, input: input, environment: environment).end()
    }

    /// Runs a command that must succeed, and gives what it printed.
    @discardableResult
    func run(
        _ arguments: String...,
        input: String = "",
        environment: [String: String] = [:]
    ) async throws -> String {
        let outcome = try await start(arguments, input: input, environment: environment).end()
        guard outcome.code == 0 else {
            throw Complaint("dunlin \(arguments.joined(separator: " ")): \(outcome.ending), \(outcome.errors)")
        }
        return outcome.output
    }

    /// Makes the database, which a command that only looks does not.
    func begin() async throws {
        try await run("enqueue")
    }

    func enqueue(_ mails: [Mail]) async throws {
        try await run("enqueue", input: try Mail.lines(mails))
    }

    func status() async throws -> Status {
        try JSONDecoder.peers.decode(Status.self, from: Data(try await run("status", "--json").utf8))
    }

    func message(_ id: String) async throws -> ShownMessage {
        try JSONDecoder.peers.decode(ShownMessage.self, from: Data(try await run("message", "show", id, "--json").utf8))
    }

    func audit() async throws -> Audit {
        try await Installed.python("audit", [folder.path("dunlin.sqlite")])
    }

    /// Works until `isDone`, then stops cleanly. A worker that has begun knows what a stop signal means.
    func work(until what: String, _ isDone: () async throws -> Bool) async throws {
        let worker = try start(["work"])
        try await eventually(what) {
            guard worker.isRunning else { throw Complaint("the worker ended by itself: \(worker.errors)") }
            return try await self.status().working ? isDone() : false
        }
        let outcome = await worker.end(by: SIGTERM)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
    }
}

/// The part of `status --json` that tests look at.
struct Status: Decodable {
    struct Lane: Decodable {
        let name: String
        let state: String
        let reason: String?
    }

    let messages: [String: Int]
    let acceptedTotal: Int
    let sumHolds: Bool
    let optOuts: Int
    let lanes: [Lane]
    let working: Bool

    func count(_ state: String) -> Int { messages[state] ?? 0 }
}

/// The part of `message show --json` that tests look at.
struct ShownMessage: Decodable {
    struct Event: Decodable {
        let kind: String
        let transport: String?
        let detail: String?
    }

    let id: Int
    let state: String
    let reason: String?
    let attempts: Int
    let events: [Event]
}

/// What `audit.py` finds in a database.
struct Audit: Decodable {
    let integrity: String
    let states: [String: Int]
    /// By key: attempts that were lost with their worker.
    let uncertain: [String: Int]
}
