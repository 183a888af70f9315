import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Row {
    /// A time that the statement gives as seconds since 1970; nil for NULL.
    func optionalDate(_ column: String) throws -> Date? {
        try optionalDouble(column).map(Date.init(timeIntervalSince1970:))
    }

    /// A time that the statement gives as seconds since 1970.
    func date(_ column: String) throws -> Date {
        Date(timeIntervalSince1970: try double(column))
    }
}
