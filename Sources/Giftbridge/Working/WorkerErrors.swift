/// Why a worker ends.
extension Worker {
    /// Results that could not be written back before the drain's end; their orders become `in_doubt` with their lease.
    public struct Unsettled: Error, CustomStringConvertible {
        /// How many.
        public let count: Int
        /// How many, and what becomes of them.
        public var description: String {
            "\(count) results could not be written back to the database; their orders become in_doubt and are verified"
        }
    }

    /// The database was migrated to a newer schema while the worker ran.
    public struct Outdated: Error, CustomStringConvertible {
        let mismatch: Schema.Mismatch
        /// What is wrong and what to do.
        public var description: String { "the worker has drained and ends, as \(mismatch)" }
    }

    /// The database was restored or copied from another cluster.
    public struct Clone: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        public var description: String {
            "this database was installed in another PostgreSQL cluster or under another database, as after a restore or a "
                + "copy: a copy for testing must not sell. If it is to sell from now on, run `giftbridge adopt`"
        }
    }
}
