import LibPQ
import Logging

/// The worker's connections to the database: the loop's own, and the one that listens.
extension Worker {
    /// Opens the connection of the loop, and checks that schema and database are ours.
    ///
    /// Where the schema became newer while the worker ran, the results in flight are still written back (a migration leaves
    /// `settle` and `heartbeat` as they are called), and then the worker ends, to be restarted with the program that fits.
    func connect() async throws {
        let isFirst = status.state == .starting
        do {
            let connection = try await Connection.open(
                configuration.databaseURL, options: .giftbridge("worker"), logger: logger)
            do {
                do {
                    try await Schema.check(connection)
                    try await checkIdentity(connection)
                } catch let newer as Schema.Mismatch where newer.isNewer && !isFirst {
                    outdated = Outdated(mismatch: newer)
                    drain()
                }
                status.state = isDraining ? .draining : .running
                let queue = Queue(
                    connection: connection, worker: name, lease: configuration.lease, policy: configuration.policy)
                try await queue.heartbeat(status)
                let shops = accounts.mapValues { account in try? account.get().shopURL }  // One with a fault has none.
                if !shops.isEmpty { try await tell(shops, queue) }
                self.queue = queue
            } catch {
                await connection.close()
                throw error
            }
        } catch let error where Self.isFinal(error) {
            throw error
        } catch {
            return await failed(QueueError(error))
        }
        if isFirst {
            logger.info(
                "The worker is running.",
                metadata: ["worker": "\(name)", "concurrency": "\(configuration.concurrency)"])
        } else {
            metrics.reconnected()
            logger.notice("Database connection restored.")
        }
        agenda.connected(at: .now)
        hasConnected.open()
    }

    /// What waiting cannot fix.
    private static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case is Clone: true
        case is Schema.Mismatch: true
        case ConnectionError.invalidConninfo: true
        default: false
        }
    }

    private func checkIdentity(_ connection: Connection) async throws {
        guard let row = try await connection.query(SQL.Worker.identity).first else { return }
        if try row.bool("is_clone") { throw Clone() }
        if try row.bool("is_promoted") {
            status.note(error: "a standby was promoted: its last commits may be lost")
            logger.warning(
                "A standby of the database was promoted; the last commits before that, and orders in them, may be lost."
            )
        }
        let sequences = try row.textArray("sequences_set").compactMap(\.self)
        if !sequences.isEmpty {
            logger.warning(
                "Sequences were behind their tables, as after a partial restore; they were corrected.",
                metadata: ["tables": "\(sequences)"])
        }
    }

    func failed(_ error: QueueError) async {
        switch error {
        case .away(let reason):
            await queue?.connection.close()
            queue = nil
            status.note(error: reason)
            metrics.note(fault: reason)
            let delay = reconnect.delay()
            agenda.lost(until: .now + delay)
            logger.warning(
                "No connection to the database; reconnecting.", metadata: ["error": "\(reason)", "in": "\(delay)"])
        case .busy, .refused:
            status.note(error: "\(error)")
            logger.error("The database refused a request; retrying.", metadata: ["error": "\(error)"])
            agenda.stumbled(until: .now + reconnect.delay())
        }
    }

    // MARK: Listening

    /// Not before the loop has its connection: where the role may have only one, it is the loop's.
    func listen() async {
        await hasConnected.wait()
        let listener = Listener(conninfo: configuration.databaseURL, logger: logger)
        await listener.run(onHint: { await self.hint() }, onChange: { await self.listening(fault: $0) })
    }

    /// Something may be due.
    private func hint() {
        agenda.hinted(at: .now)
        wakeUp.ring()
    }

    private func listening(fault: String?) {
        status.isListening = fault == nil
        metrics.listening(fault == nil)
        agenda.changed(at: .now)
        if let fault {
            status.note(error: fault)
            logger.warning("Not listening for notifications; polling for new orders.", metadata: ["error": "\(fault)"])
        } else {
            logger.debug("Listening for notifications.")
        }
        wakeUp.ring()
    }
}

extension Worker {
    /// Results could not be written back before the end of the drain; their orders become `in_doubt` when the lease expires.
    package struct Unsettled: Error, CustomStringConvertible {
        /// Number of results.
        package let count: Int
        /// The number of results, and what happens to their orders.
        package var description: String {
            "\(count) results could not be saved in the database; their orders become in_doubt and are then verified"
        }
    }

    /// The database was migrated to a newer schema while the worker ran.
    package struct Outdated: Error, CustomStringConvertible {
        let mismatch: Schema.Mismatch
        /// What is wrong and what to do.
        package var description: String { "the worker has drained and stopped because \(mismatch)" }
    }

    /// The database was restored or copied from another cluster.
    package struct Clone: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        package var description: String {
            "this database was restored or copied from another PostgreSQL cluster or database, so the worker does not run: a "
                + "copy for testing must not send orders. To use this database from now on, run `giftbridge adopt`"
        }
    }
}
