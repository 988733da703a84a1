import Dispatch
import Foundation
import JSON
import Synchronization

/// Writes what would have been sent to files, whole or not at all: `.eml` for email, `.json` for every other channel.
///
/// A file is named by the message's id, so a message that is sent twice stands there once. Readable by its owner only.
public final class OutboxTransport: Transport {
    public let name: String
    public let parallelism = 16
    private let folder: String
    private let queue = DispatchQueue(label: "dunlin.outbox")
    private let report = Mutex<(@Sendable ([DeliveryReport]) -> Void)?>(nil)

    public init(name: String, folder: String) {
        self.name = name
        self.folder = folder
    }

    public var connections: Int { 0 }

    public func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        self.report.withLock { $0 = report }
    }

    public func deliver(_ deliveries: [Delivery]) {
        queue.async { [self] in
            let report = report.withLock { $0 }
            report?(deliveries.map { DeliveryReport(id: $0.handOff.id, .outcome(write($0)), sign: nil) })
        }
    }

    public func withdraw() {}

    public func abort() {}

    public func close() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func write(_ delivery: Delivery) -> Outcome {
        let id = delivery.handOff.id
        let (suffix, bytes): (String, [UInt8]) =
            switch delivery.payload {
            case .email(let email): ("eml", email.bytes)
            case .parts(let to, let parts): ("json", OutboxTransport.json(delivery.handOff.channel, to, parts))
            }
        let path = "\(folder)/\(String(repeating: "0", count: max(0, 8 - String(id).count)))\(id).\(suffix)"
        let partial = "\(folder)/.\(id).\(suffix).part"
        mkdir(folder, 0o700)
        let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return failure("cannot create \(partial)") }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + offset, bytes.count - offset) }
            if count < 0 {
                let outcome = failure("cannot write \(partial)")
                Glibc.close(file)
                unlink(partial)
                return outcome
            }
            offset += count
        }
        Glibc.close(file)
        guard rename(partial, path) == 0 else { return failure("cannot rename \(partial)") }
        return .accepted("written to \(path)")
    }

    private func failure(_ what: String) -> Outcome {
        .retry(.storage, "\(what): \(String(cString: strerror(errno)))")
    }

    private static func json(_ channel: Channel, _ to: String, _ parts: [String: [UInt8]]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("channel", channel.rawValue)
        writer.member("to", to)
        for (name, bytes) in parts.sorted(by: { $0.key < $1.key }) {
            writer.name(name)
            writer.string(utf8: bytes)
        }
        writer.endObject()
        return writer.bytes + [0x0a]
    }
}
