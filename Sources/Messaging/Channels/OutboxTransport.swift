import Curl
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
    private let state = Mutex(State())

    private struct State {
        var report: (@Sendable ([DeliveryReport]) -> Void)?
        /// Counts the withdrawals: what was given before the last one is put back.
        var generation = 0
    }

    /// Files that are reported together.
    private static let batch = 32

    public init(name: String, folder: String) {
        self.name = name
        self.folder = folder
    }

    public var connections: Int { 0 }

    public func start(report: @escaping @Sendable ([DeliveryReport]) -> Void) {
        state.withLock { $0.report = report }
    }

    public func deliver(_ deliveries: [Delivery]) {
        let generation = state.withLock { $0.generation }
        for start in stride(from: 0, to: deliveries.count, by: OutboxTransport.batch) {
            let batch = Array(deliveries[start..<min(start + OutboxTransport.batch, deliveries.count)])
            queue.async { [self] in
                let reports = batch.map { DeliveryReport(id: $0.handOff.id, result(of: $0, generation)) }
                state.withLock { $0.report }?(reports)
            }
        }
    }

    public func withdraw() {
        state.withLock { $0.generation += 1 }
    }

    public func abort() {
        withdraw()
    }

    public func close() async {
        withdraw()
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func result(of delivery: Delivery, _ generation: Int) -> DeliveryReport.Result {
        if state.withLock({ $0.generation }) != generation { return .outcome(.putBack) }
        if MonotonicClock.now() > delivery.startBy { return .stale }
        return .outcome(write(delivery))
    }

    private func write(_ delivery: Delivery) -> Outcome {
        let id = delivery.handOff.id
        let (suffix, bytes): (String, [UInt8]) =
            switch delivery.payload {
            case .email(let email): ("eml", email.bytes)
            case .parts(let parts): ("json", OutboxTransport.json(parts.channel, parts.to, parts.parts))
            case .event(let event):
                ("json", OutboxTransport.json(delivery.handOff.channel, event.url, ["event.json": event.body]))
            }
        let path = "\(folder)/\(String(repeating: "0", count: max(0, 8 - String(id).count)))\(id).\(suffix)"
        let partial = "\(folder)/.\(id).\(suffix).part"
        let file = OutboxTransport.create(partial, in: folder)
        guard file >= 0 else { return failure("cannot create \(partial)") }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
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

    /// Makes the folder, readable by its owner only, where it is not there yet.
    private static func create(_ path: String, in folder: String) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let file = open(path, flags, 0o600)
        guard file < 0, errno == ENOENT else { return file }
        try? FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return open(path, flags, 0o600)
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
