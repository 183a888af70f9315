#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The time of day, as the ledger and the rate limit's headers need it.
enum WallClock {
    /// Unix seconds with a fraction.
    static var now: Double {
        Date().timeIntervalSince1970
    }
}
