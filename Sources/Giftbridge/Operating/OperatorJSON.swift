#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The format of the commands' `--json` and the page's `status.json`: snake_case names, times as `2026-11-23T03:07:11.123Z`,
/// members sorted by name. A member without a value is omitted.
public enum OperatorJSON {
    /// A value as indented JSON, without a newline at the end.
    ///
    /// - Throws: What the value's own encoding throws, or `EncodingError` for a number that JSON does not have.
    public static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
