import Synchronization

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
