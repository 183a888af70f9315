import CLinux
import FoundationEssentials
import Glibc

/// What processes have used so far, from Linux's `/proc`.
enum ProcessUsage {
    /// User and system time of a process and all its threads, in seconds; resolution: a tick, usually 10 ms.
    ///
    /// - Returns: Nil if the process is gone.
    static func cpuSeconds(pid: Int32) -> Double? {
        stat(pid).map { ticks(of: $0, in: 11...12) / ticksPerSecond }
    }

    /// The same of a process and its children, those that have ended included: a PostgreSQL server.
    static func cpuSeconds(familyOf pid: Int32) -> Double? {
        guard let parent = stat(pid) else { return nil }
        // utime, stime, and those of the children that were waited for
        let children = children(of: pid).compactMap(stat).reduce(0) { $0 + ticks(of: $1, in: 11...12) }
        return (ticks(of: parent, in: 11...14) + children) / ticksPerSecond
    }

    /// User and system time of a process and all its threads, those that have ended included, in seconds; resolution: a
    /// nanosecond (`clock_getcpuclockid`).
    ///
    /// - Returns: Nil if the process is gone.
    static func exactCPUSeconds(pid: Int32) -> Double? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Whether a process runs: it is there, and no zombie.
    static func isRunning(pid: Int32) -> Bool { stat(pid).map { $0[0] != "Z" } ?? false }

    /// The server process of a session on this machine; nil: the session's server is on another.
    static func postmaster(ofBackend pid: Int32) -> Int32? {
        guard let parent = stat(pid).flatMap({ Int32($0[1]) }),
            text(of: "/proc/\(pid)/comm") == "postgres\n", text(of: "/proc/\(parent)/comm") == "postgres\n"
        else { return nil }
        return parent
    }

    /// Memory of a process in bytes: now, and the most so far.
    static func memory(pid: Int32) -> (resident: Int, peak: Int)? {
        guard let status = text(of: "/proc/\(pid)/status") else { return nil }
        func bytes(_ name: String) -> Int? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        guard let resident = bytes("VmRSS:"), let peak = bytes("VmHWM:") else { return nil }
        return (resident, peak)
    }

    /// Busy time of all processors since the machine's start, in seconds.
    static func machineBusySeconds() -> Double {
        let first = text(of: "/proc/stat")?.split(separator: "\n").first ?? ""
        let ticks = first.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard ticks.count >= 8 else { return 0 }
        // user nice system, irq softirq; not idle, iowait, steal
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / ticksPerSecond
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// The fields of `/proc/PID/stat` after the name, which may hold anything: [0] is the state.
    private static func stat(_ pid: Int32) -> [Substring]? {
        guard let text = text(of: "/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 20 ? fields : nil
    }

    private static func ticks(of fields: [Substring], in range: ClosedRange<Int>) -> Double {
        fields[range].reduce(0) { $0 + (Double($1) ?? 0) }
    }

    private static func children(of pid: Int32) -> [Int32] {
        // No /proc: no children.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return [] }
        return names.compactMap { Int32($0) }.filter { stat($0).map { Int32($0[1]) } == pid }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// CPU seconds so far of all who take part in a measurement, and of those who do not.
struct CPUUsage {
    private(set) var worker: Double
    private(set) var peer: Double
    /// Nil: the server is on another machine.
    private(set) var server: Double?
    private var bench: Double
    private var machine: Double

    init(_ scene: Scene, _ worker: WorkerProcess) {
        self.worker = ProcessUsage.cpuSeconds(pid: worker.pid) ?? 0
        peer = ProcessUsage.cpuSeconds(pid: scene.peer.pid) ?? 0
        server = scene.postmaster.flatMap(ProcessUsage.cpuSeconds(familyOf:))
        bench = ProcessUsage.cpuSeconds(pid: getpid()) ?? 0
        machine = ProcessUsage.machineBusySeconds()
    }

    /// All other processes on the machine; with `--database-url` the server is among them.
    var others: Double { max(machine - worker - peer - bench - (server ?? 0), 0) }

    static func - (after: CPUUsage, before: CPUUsage) -> CPUUsage {
        var used = after
        used.worker -= before.worker
        used.peer -= before.peer
        used.server = after.server.flatMap { after in before.server.map { after - $0 } }
        used.bench -= before.bench
        used.machine -= before.machine
        return used
    }
}

/// CLOCK_MONOTONIC in nanoseconds: the same clock in every process of the machine, so that the peer's times and the
/// benchmark's can be compared.
func monotonicNow() -> Int64 { Int64(linux_now()) }

/// Seconds since a time of ``monotonicNow()``.
func seconds(since start: Int64) -> Double { Double(monotonicNow() - start) / 1e9 }

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    var milliseconds: Double { self / .milliseconds(1) }
}
