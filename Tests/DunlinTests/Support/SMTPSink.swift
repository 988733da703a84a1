import Foundation
import Glibc
import TestSupport

/// Postfix's smtp-sink on a free port, which dumps what it takes.
final class SMTPSink: Sendable {
    let port: Int
    private let child: Child
    private let folder: TemporaryFolder

    var url: String { "smtp://127.0.0.1:\(port)" }

    init(_ options: [String]) async throws {
        folder = try TemporaryFolder()
        port = try FreePort.find()
        var arguments = options + ["-d", folder.path("mail."), "127.0.0.1:\(port)", "256"]
        if getuid() == 0 {
            arguments = ["-u", "postfix"] + arguments
            chmod(folder.path, 0o777)
        }
        child = try Child("smtp-sink", arguments)
        let (child, port) = (child, port)
        try await eventually("smtp-sink listens") {
            guard child.isRunning else { throw Complaint("smtp-sink: \(child.errors)") }
            return FreePort.answers(port)
        }
    }

    /// How many mails came in each second since the first of them.
    func perSecond() throws -> [Int] {
        let times = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
            let facts = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            return (facts[.modificationDate] as? Date ?? .distantPast).timeIntervalSince1970
        }
        guard let first = times.min(), let last = times.max() else { return [] }
        var counts = [Int](repeating: 0, count: Int(last - first) + 1)
        for time in times { counts[Int(time - first)] += 1 }
        return counts
    }

    func mails() async throws -> [ReceivedMail] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try await ReceivedMail.read(names.map(folder.path))
    }
}
