import Foundation

/// Where the things under test lie.
enum Installed {
    /// The program, built beside the tests.
    static let dunlin: String = {
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        if !FileManager.default.fileExists(atPath: folder.appendingPathComponent("dunlin").path) {
            folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
                .deletingLastPathComponent()
        }
        return folder.appendingPathComponent("dunlin").path
    }()

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    static let templates = repository + "/Templates"

    /// An interpreter that has aiosmtpd.
    static let python = ProcessInfo.processInfo.environment["DUNLIN_PYTHON"] ?? "python3"

    static func peer(_ name: String) -> String { "\(repository)/Tests/DunlinTests/Support/peers/\(name).py" }

    /// Runs one of the scripts and reads the JSON that it prints.
    static func python<Answer: Decodable>(_ name: String, _ arguments: [String]) async throws -> Answer {
        let outcome = try await Child(python, [peer(name)] + arguments).end()
        guard outcome.code == 0 else { throw Complaint("\(name).py: \(outcome.errors)") }
        return try JSONDecoder.peers.decode(Answer.self, from: Data(outcome.output.utf8))
    }
}

extension JSONDecoder {
    static var peers: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
