import Glibc

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The machine and the software that were measured.
struct Machine: Sendable, Encodable {
    /// The processor's name.
    let processor: String
    /// How many cores this process may use.
    let cores: Int
    /// Memory, in bytes.
    let memory: Int
    /// The operating system's kernel.
    let kernel: String
    /// The PostgreSQL server's version.
    let postgres: String
    /// Its settings that durability rests on.
    let durability: [String: String]
    /// The folder of the throwaway server's data; null: the server of `--database-url`.
    let directory: String?
    /// Whether this program was built for speed.
    let isRelease: Bool

    init(postgres: String, durability: [String: String], directory: String?) {
        let info = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) }
        let model = info?.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = model?.split(separator: ":").last.map { String($0.drop(while: \.isWhitespace)) } ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        memory = Int(ProcessInfo.processInfo.physicalMemory)
        var name = utsname()
        uname(&name)
        kernel = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        self.postgres = postgres
        self.durability = durability
        self.directory = directory
        var isDebug = false
        // An assertion's condition is looked at in debug builds only.
        assert(
            {
                isDebug = true
                return true
            }())
        isRelease = !isDebug
    }
}
