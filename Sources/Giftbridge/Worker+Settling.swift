import LibPQ
import Logging

/// Results go back to the database, all that gathered while it was busy at once.
extension Worker {
    /// Writes back what has come, in batches, and with the last one takes what `claim` asks for.
    ///
    /// - Returns: The claim's orders; nil: nothing was claimed.
    func settle(_ queue: OrderQueue, claiming claim: OrderQueue.Claim?) async throws -> ClaimedRows? {
        // On the loop's thread, which is this actor's.
        let meanwhile = { @Sendable [self] in assumeIsolated { $0.catchUp() } }
        while !unsettled.isEmpty {
            let batch = Array(unsettled.prefix(500))
            let settled: [Settled]
            var claimed: Result<ClaimedRows, any Error>?
            let start = ContinuousClock.now
            pulse.beat()
            do {
                CrashPoint.settling.reached()
                if let claim, batch.count == unsettled.count {
                    (settled, claimed) = try await queue.settle(batch, claiming: claim, meanwhile: meanwhile)
                } else {
                    settled = try await queue.settle(batch, meanwhile: meanwhile)
                }
                CrashPoint.settled.reached()
            } catch let error as ServerError where ["22", "23"].contains(error.sqlStateClass) {
                // One bad row must not sink its batch, nor be tried for ever.
                logger.error(
                    "A batch of results was refused: writing them one by one.", metadata: ["error": "\(error)"])
                try await settleSingly(batch, queue)
                continue
            }
            metrics.wroteBack(since: start)
            unsettled.removeFirst(batch.count)
            written.append((batch, settled))
            if let claimed { return try claimed.get() }
        }
        return nil
    }

    private func settleSingly(_ batch: [Settlement], _ queue: OrderQueue) async throws {
        for settlement in batch {
            do {
                written.append(([settlement], try await queue.settle([settlement])))
            } catch let error as ServerError where ["22", "23"].contains(error.sqlStateClass) {
                // Its lease turns it into in_doubt: visible, and never sold again blindly.
                status.note(error: "the result of order \(settlement.orderID) was refused by the database: \(error)")
                var metadata = settlement.metadata
                metadata["error"] = "\(error)"
                logger.critical("The database refuses a result: the order becomes in_doubt.", metadata: metadata)
            }
            unsettled.removeFirst()
        }
    }

    /// Takes note of committed results.
    func report(_ batch: [Settlement], _ settled: [Settled]) {
        let applied = Dictionary(settled.map { ($0.submissionID, $0) }, uniquingKeysWith: { first, _ in first })
        for settlement in batch {
            let current = applied[settlement.submissionID]
            // Not applied but in the same state: an earlier write of ours whose answer was lost.
            let isOurs = current?.isApplied == true || current?.status == settlement.status.rawValue
            metrics.settled(settlement, isApplied: isOurs)
            guard isOurs else {
                var metadata = settlement.metadata
                metadata["status"] = "\(current?.status ?? "unknown")"
                if current?.hasOtherReference == true {
                    status.note(error: "order \(settlement.orderID) has two references: it may have been sold twice")
                    logger.critical(
                        "The order is completed with another reference: check at the vendor whether it was sold twice.",
                        metadata: metadata)
                    continue
                }
                logger.warning(
                    "Somebody else acted on the order meanwhile: the result is in the journal only.",
                    metadata: metadata)
                continue
            }
            status.count(settlement)
            if case .setupFault(let reason) = settlement.consequence { status.note(error: reason) }
            if settlement.status == .pending || settlement.status == .inDoubt {
                claimAt = min(claimAt, .now + (settlement.dueIn ?? configuration.pollInterval))
            }
            logger.log(level: settlement.level, "\(settlement.headline)", metadata: settlement.metadata)
        }
    }
}
