import Glibc

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What processes have used so far, from Linux's `/proc`.
struct ProcessUsage: Sendable {
    /// User and system time, in seconds; resolution: a tick, usually 10 ms.
    var cpuSeconds: Double

    /// One process, all its threads; nil if it is gone.
    init?(pid: Int32) {
        guard let fields = Self.stat(pid), let user = Double(fields[11]), let system = Double(fields[12]) else {
            return nil
        }
        cpuSeconds = (user + system) / Self.ticksPerSecond
    }

    /// A process and its children, those that have ended included: a PostgreSQL server.
    init?(familyOf pid: Int32) {
        guard let fields = Self.stat(pid) else { return nil }
        // utime, stime, and those of the children that were waited for
        var ticks = (11...14).reduce(0) { $0 + (Double(fields[$1]) ?? 0) }
        for child in Self.children(of: pid) {
            guard let fields = Self.stat(child) else { continue }
            ticks += (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
        }
        cpuSeconds = ticks / Self.ticksPerSecond
    }

    /// The process that started this one.
    static func parent(of pid: Int32) -> Int32? {
        stat(pid).flatMap { Int32($0[1]) }
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

    private static func children(of pid: Int32) -> [Int32] {
        // No /proc: no children.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return [] }
        return names.compactMap { Int32($0) }.filter { parent(of: $0) == pid }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
