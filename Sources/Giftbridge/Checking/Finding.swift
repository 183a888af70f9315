/// Something that `giftbridge check` found out, and what to do about it.
public struct Finding: Sendable, Equatable, Codable {
    /// How bad it is.
    public enum Level: String, Sendable, Codable {
        /// As it should be.
        case ok
        /// It works, but somebody should know.
        case warning
        /// It does not work: something is set up wrong.
        case fault
        /// It does not work: something cannot be reached.
        case unreachable
    }

    /// What was looked at.
    public enum Subject: String, Sendable, Codable {
        case configuration, database, schema, rights, listen, durability, shops, key, vendor, clock, allowance
        case paymentMethods = "payment methods"
        case deliveryMethods = "delivery methods"
    }

    /// What was looked at.
    public let subject: Subject
    /// How bad it is.
    public let level: Level
    /// What was found, in a sentence; no secrets.
    public let what: String
    /// What to do; nil: nothing.
    public let remedy: String?

    /// Memberwise.
    public init(subject: Subject, level: Level, what: String, remedy: String?) {
        self.subject = subject
        self.level = level
        self.what = what
        self.remedy = remedy
    }

    static func ok(_ subject: Subject, _ what: String) -> Finding {
        Finding(subject: subject, level: .ok, what: what, remedy: nil)
    }

    static func warning(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .warning, what: what, remedy: remedy)
    }

    static func fault(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .fault, what: what, remedy: remedy)
    }

    static func unreachable(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .unreachable, what: what, remedy: remedy)
    }
}
