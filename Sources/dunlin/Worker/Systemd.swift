import Foundation
import Synchronization

/// Signs of life for systemd (sd_notify(3)): one datagram to `$NOTIFY_SOCKET`; nothing when it is not set.
enum Systemd {
    static func notify(_ state: String) {
        guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], let first = path.utf8.first,
            first == 0x2f || first == 0x40
        else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        if bytes[0] == 0x40 { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                state.withCString { sendto(file, $0, strlen($0), 0, address, length) }
            }
        }
    }

    /// To be called on every turn of the work: the first tells systemd that it is ready, later ones that it is alive, twice in
    /// each watchdog interval.
    static func lifeSigns() -> @Sendable () -> Void {
        let interval = ProcessInfo.processInfo.environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        let last = Mutex<ContinuousClock.Instant?>(nil)
        return {
            let sign: String? = last.withLock { last in
                guard let before = last else {
                    last = .now
                    return "READY=1"
                }
                guard interval > 0, ContinuousClock.now - before > .microseconds(interval / 2) else { return nil }
                last = .now
                return "WATCHDOG=1"
            }
            if let sign { notify(sign) }
        }
    }
}
