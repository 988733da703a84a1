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

    /// Tells systemd that the process is ready once all its parts are, and that it is alive at the turns of the work, twice in
    /// each watchdog interval.
    final class LifeSigns: Sendable {
        private struct State {
            var waitsFor: Int
            var hasTurned = false
            var last: ContinuousClock.Instant?
        }

        private let state: Mutex<State>
        private let interval = ProcessInfo.processInfo.environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0

        /// - Parameter parts: how many parts there are, the work among them.
        init(parts: Int) {
            state = Mutex(State(waitsFor: parts))
        }

        /// A part other than the work is ready.
        func ready() { count() }

        /// To be called on every turn of the work.
        @Sendable func turn() {
            let (isFirst, isSign) = state.withLock { state in
                guard state.hasTurned else {
                    state.hasTurned = true
                    return (true, false)
                }
                guard interval > 0, let last = state.last, ContinuousClock.now - last > .microseconds(interval / 2)
                else { return (false, false) }
                state.last = .now
                return (false, true)
            }
            if isFirst { count() }
            if isSign { notify("WATCHDOG=1") }
        }

        private func count() {
            let isReady = state.withLock { state in
                state.waitsFor -= 1
                guard state.waitsFor == 0 else { return false }
                state.last = .now
                return true
            }
            if isReady { notify("READY=1") }
        }
    }
}
