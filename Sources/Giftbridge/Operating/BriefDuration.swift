/// A duration in a few characters, for tables: `0.4 s`, `12 s`, `4 min`, `2 h 10 min`, `5 d`.
public struct BriefDuration: CustomStringConvertible {
    /// The text.
    public let description: String

    /// - Parameter seconds: Any number; the sign is ignored.
    public init(seconds: Double) {
        let size = abs(seconds)
        let whole = Int(min(size.rounded(), 1e12))
        description =
            switch whole {
            case 0: "\(Int(size * 1000)) ms"
            case ..<90: "\(whole) s"
            case ..<5400: "\((whole + 30) / 60) min"
            case ..<172_800:
                "\(whole / 3600) h" + (whole % 3600 / 60 == 0 || whole >= 36_000 ? "" : " \(whole % 3600 / 60) min")
            default: "\((whole + 43_200) / 86_400) d"
            }
    }
}
