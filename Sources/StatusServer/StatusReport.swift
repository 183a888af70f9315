import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `/status.json`: the first page for programs. Members may be added, but are never removed.
struct StatusReport: Encodable {
    /// The worker of this process.
    struct Process: Encodable {
        let state: String
        let version: String
        let inFlight: Int
        let unwrittenResults: Int
        let connected: Bool
        let listening: Bool
        /// How long ago the loop last made progress.
        let progressSeconds: Double

        enum CodingKeys: String, CodingKey {
            case state, version
            case inFlight = "in_flight"
            case unwrittenResults = "unwritten_results"
            case connected, listening
            case progressSeconds = "progress_seconds"
        }
    }

    let process: Process
    /// What is wrong with the database; absent: it responds.
    let databaseError: String?
    /// When the database was read; absent without a database, as are the next three.
    let at: Date?
    let queues: [ShopQueue]?
    let workers: [WorkerReport]?
    let needsAttention: [OrderSummary]?

    enum CodingKeys: String, CodingKey {
        case process
        case databaseError = "database_error"
        case at, queues, workers
        case needsAttention = "needs_attention"
    }
}

extension Observed {
    /// The report as text.
    ///
    /// - Throws: `EncodingError`.
    func statusJSON() async throws -> String {
        var overview: Overview?
        var fault: String?
        do {
            overview = try await frontPage.value().overview
        } catch {
            fault = "\(error)"
        }
        let counts = metrics.counts
        let report = StatusReport(
            process: StatusReport.Process(
                state: counts.state, version: version, inFlight: counts.inFlight, unwrittenResults: counts.unwritten,
                connected: counts.isConnected, listening: counts.isListening, progressSeconds: pulse.age / .seconds(1)),
            databaseError: fault, at: overview?.at, queues: overview?.queues, workers: overview?.workers,
            needsAttention: overview?.needsAttention)
        return try OperatorJSON.text(report) + "\n"
    }
}
