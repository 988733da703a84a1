import Dispatch
import Glibc

/// The first stop signal belongs to the services; the second ends the process.
enum StopSignals {
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []
    private static let queue = DispatchQueue(label: "dunlin.signals")

    static func endAtOnceOnSecond() {
        nonisolated(unsafe) var count = 0
        queue.sync {
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler {
                    count += 1
                    if count > 1 { _exit(128 + number) }
                    Systemd.notify("STOPPING=1")
                }
                source.resume()
                sources.append(source)
            }
        }
    }
}
