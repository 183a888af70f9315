import ArgumentParser
import Giftbridge

/// A flag's duration.
@Sendable func parseDuration(_ text: String) throws -> Duration {
    guard let duration = Duration(parsing: text) else {
        throw ValidationError("'\(text)' is not a duration such as 500ms, 30s, 5m, 2h or 90d")
    }
    return duration
}
