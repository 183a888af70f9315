import FoundationEssentials
import Glibc
import Synchronization

/// What the benchmark found.
struct BenchReport: Sendable, Encodable {
    /// Where it was measured.
    let machine: Machine
    /// The figures, in the order in which they were taken.
    let measurements: [Measurement]
    /// What makes figures worse than they are: a debug build, other processes at work.
    let warnings: [String]
    /// Figures that cannot be believed, and why; empty: all can.
    let failures: [String]
}

/// What came to light while measuring, beside the figures.
final class Findings: Sendable {
    private let state = Mutex(
        (measurements: [Measurement](), warnings: [String](), failures: [String]()))
    private let told: @Sendable (Measurement) -> Void

    init(tell: @Sendable @escaping (Measurement) -> Void) { told = tell }

    func tell(_ measurement: Measurement) {
        state.withLock { $0.measurements.append(measurement) }
        told(measurement)
    }

    /// Something that makes figures worse than they are.
    func warn(_ sentence: String) {
        state.withLock { if !$0.warnings.contains(sentence) { $0.warnings.append(sentence) } }
    }

    /// Others' work on the same machine makes everything slower.
    func warnIfBusy(_ part: BenchPlan.Part, othersCores: Double) {
        guard othersCores > 0.25 else { return }
        warn("\(part.rawValue): other processes were at work meanwhile: without them the figures would be better")
    }

    /// A figure that does not say what it claims to say.
    func fail(_ sentence: String) {
        state.withLock { if !$0.failures.contains(sentence) { $0.failures.append(sentence) } }
    }

    func report(machine: Machine) -> BenchReport {
        state.withLock {
            BenchReport(
                machine: machine, measurements: $0.measurements, warnings: $0.warnings, failures: $0.failures)
        }
    }
}

/// One figure of the benchmark: repeated, with its unit and what is worth knowing beside it.
struct Measurement: Sendable, Encodable {
    /// The part of the benchmark that it is from.
    let part: BenchPlan.Part
    /// What was measured.
    let name: String
    /// The unit of the values.
    let unit: String
    /// One per run, in their order.
    let values: [Double]
    /// What was seen beside it, medians over the runs: CPU per order, for instance.
    let details: [Detail]

    /// A figure beside a measurement.
    struct Detail: Sendable {
        /// Its key in JSON, with the unit.
        let name: String
        /// Its column's heading in a table.
        let column: String
        /// The median over the runs; not a number: not known.
        let value: Double

        init(_ name: String, _ column: String, _ values: [Double]) {
            self.name = name
            self.column = column
            value = values.median
        }
    }

    /// The median: of an even number of values the mean of the two in the middle.
    var median: Double { values.median }
    /// The least.
    var minimum: Double { values.min() ?? .nan }
    /// The most.
    var maximum: Double { values.max() ?? .nan }

    init(
        _ part: BenchPlan.Part, _ name: String, unit: String, _ values: [Double], _ details: [Detail] = []
    ) {
        self.part = part
        self.name = name
        self.unit = unit
        self.values = values
        self.details = details
    }

    private enum CodingKeys: CodingKey {
        case part, name, unit, median, minimum, maximum, values, details
    }

    /// Encodes the values and what follows from them; the details by name.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(part.rawValue, forKey: .part)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encode(median, forKey: .median)
        try container.encode(minimum, forKey: .minimum)
        try container.encode(maximum, forKey: .maximum)
        try container.encode(values, forKey: .values)
        try container.encode(
            Dictionary(
                details.filter(\.value.isFinite).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
            forKey: .details)
    }
}

extension [Double] {
    var median: Double { percentile(50) }

    /// The value below which this percentage lies, interpolated; not a number where there are none.
    func percentile(_ percent: Double) -> Double {
        guard let last = indices.last else { return .nan }
        let sorted = sorted()
        let position = Double(last) * percent / 100
        let lower = Int(position)
        let upper = Swift.min(lower + 1, last)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }
}

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
