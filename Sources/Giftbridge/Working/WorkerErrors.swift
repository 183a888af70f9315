/// Why a worker ends.
extension Worker {
    /// Results could not be written back before the end of the drain; their orders become `in_doubt` when the lease expires.
    public struct Unsettled: Error, CustomStringConvertible {
        /// Number of results.
        public let count: Int
        /// The number of results, and what happens to their orders.
        public var description: String {
            "\(count) results could not be saved in the database; their orders become in_doubt and are then verified"
        }
    }

    /// The database was migrated to a newer schema while the worker ran.
    public struct Outdated: Error, CustomStringConvertible {
        let mismatch: Schema.Mismatch
        /// What is wrong and what to do.
        public var description: String { "the worker has drained and stopped because \(mismatch)" }
    }

    /// The database was restored or copied from another cluster.
    public struct Clone: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        public var description: String {
            "this database was restored or copied from another PostgreSQL cluster or database, so the worker does not start: a "
                + "copy for testing must not send orders. To use this database from now on, run `giftbridge adopt`"
        }
    }
}
