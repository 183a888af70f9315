#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension MetricsText {
    /// The process metrics of every Prometheus client, under the usual names. Those that the system does not provide are omitted.
    ///
    /// - Parameter startedAt: When the process started.
    mutating func addProcess(startedAt: Date) {
        single(
            "process_start_time_seconds", .gauge, "When the process started, in Unix time.",
            startedAt.timeIntervalSince1970)
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let times = [usage.ru_utime, usage.ru_stime]
            let seconds = times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
            single("process_cpu_seconds_total", .counter, "Processor time used, user and system.", seconds)
        }
        if let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),  // Only Linux has it.
            let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        {
            single(
                "process_resident_memory_bytes", .gauge, "Resident memory size.",
                pages * Double(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {  // Only Linux has it.
            single("process_open_fds", .gauge, "Open file descriptors.", Double(files.count))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            single("process_max_fds", .gauge, "Maximum number of open file descriptors.", Double(limit.rlim_cur))
        }
    }
}
