import Foundation
import Glibc

/// This process, as Prometheus' clients tell of theirs.
struct ProcessMeasures {
    let cpuSeconds: Double
    let residentBytes: Double
    let openFiles: Double
    let mostFiles: Double
    let startedAt: Double

    init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        cpuSeconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        let pages = ProcessMeasures.read("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap {
            Double($0)
        }
        residentBytes = (pages ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
        openFiles = Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        mostFiles = Double(limit.rlim_cur)
        startedAt = ProcessMeasures.start
    }

    /// Seconds since 1970 (proc(5): the 22nd field of `stat`, in ticks after the machine's start).
    private static let start: Double = {
        let stat = read("/proc/self/stat")
        let fields = stat[(stat.lastIndex(of: ")").map(stat.index(after:)) ?? stat.startIndex)...].split(separator: " ")
        let boot = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 19, let ticks = Double(fields[19]), let boot, let booted = Double(boot.dropFirst(6)) else {
            return 0
        }
        return booted + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func read(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    func write(to text: inout PrometheusText) {
        text.family("process_cpu_seconds_total", .counter, "Processor time, user and system.")
        text.sample("process_cpu_seconds_total", cpuSeconds)
        text.gauge("process_resident_memory_bytes", "Memory in use.", residentBytes)
        text.gauge("process_open_fds", "Open file descriptors.", openFiles)
        text.gauge("process_max_fds", "The most file descriptors that may be open.", mostFiles)
        text.gauge("process_start_time_seconds", "When the process began, since 1970.", startedAt)
    }
}
