import Foundation
import TestSupport

/// A server written in Python that logs what it takes, one JSON object a line.
final class Peer: Sendable {
    let port: Int
    let folder: TemporaryFolder
    private let child: Child

    var url: String { "smtp://127.0.0.1:\(port)" }

    /// - Parameter options: what the script knows, beside `log` and `keep`, which are given.
    init(_ script: String, _ options: some Encodable, keeps: Bool = false) async throws {
        let folder = try TemporaryFolder()
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard var all = try JSONSerialization.jsonObject(with: encoder.encode(options)) as? [String: Any] else {
            throw Complaint("options are an object")
        }
        all["log"] = folder.path("log")
        if keeps { all["keep"] = folder.path }
        let text = String(decoding: try JSONSerialization.data(withJSONObject: all), as: UTF8.self)
        let child = try Child(Installed.python, [Installed.peer(script), text], input: nil)
        port = try await eventually("the port of \(script).py") {
            guard child.isRunning else {
                throw Complaint("\(script).py has ended, run deploy/test for what it needs: \(child.errors)")
            }
            return Peer.lines(folder).compactMap { try? JSONDecoder.peers.decode(Opening.self, from: $0).port }.first
        }
        self.folder = folder
        self.child = child
    }

    private struct Opening: Decodable {
        let port: Int
    }

    private static func lines(_ folder: TemporaryFolder) -> [Data] {
        guard let log = FileManager.default.contents(atPath: folder.path("log")) else { return [] }
        guard let end = log.lastIndex(of: 0x0a) else { return [] }
        return log[..<end].split(separator: 0x0a).map { Data($0) }
    }

    /// Every line of its log that has the form.
    func notes<Note: Decodable>(_ form: Note.Type) -> [Note] {
        Peer.lines(folder).compactMap { try? JSONDecoder.peers.decode(form, from: $0) }
    }

    /// Everything that came, also what it refused after the final dot.
    var arrivals: [Arrival] { notes(Arrival.self) }

    /// How many came, cheaply.
    var count: Int {
        guard let log = FileManager.default.contents(atPath: folder.path("log")) else { return 0 }
        return log.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 } - 1
    }

    func mails() async throws -> [ReceivedMail] {
        try await ReceivedMail.read(arrivals.compactMap(\.file))
    }
}

extension Peer {
    /// The fast server with rules.
    struct SinkOptions: Encodable {
        var rules: [Rule] = []
        /// Seconds before each reply.
        var delay = 0.0
        var extensions = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"]
    }

    /// What the sink does otherwise than usual.
    struct Rule: Encodable {
        enum Then: String, Encodable { case close, silence }

        /// `CONNECT`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `.`, `RSET`.
        var at: String
        /// Part of a recipient's address; any when `nil`.
        var to: String?
        /// Of which connection, from 1.
        var connection: Int?
        /// How often; always when `nil`.
        var times: Int?
        /// The reply; none when `nil`.
        var say: String?
        var then: Then?
    }

    static func sink(_ options: SinkOptions = .init(), keeps: Bool = false) async throws -> Peer {
        try await Peer("sink", options, keeps: keeps)
    }

    /// aiosmtpd.
    struct RelayOptions: Encodable {
        var certificate: String?
        var key: String?
        var user: String?
        var password: String?
        var mechanisms: [String] = []
        var token: String?
        var smtputf8 = false
        var size: Int?
    }

    static func relay(_ options: RelayOptions = .init()) async throws -> Peer {
        try await Peer("relay", options, keeps: true)
    }
}
