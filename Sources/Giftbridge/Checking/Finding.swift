/// A result of `giftbridge check`, and what to do about it.
public struct Finding: Sendable, Equatable, Codable {
    /// The severity.
    public enum Level: String, Sendable, Codable {
        /// All is well.
        case ok
        /// It works, but an operator should know.
        case warning
        /// It does not work because something is configured wrong.
        case fault
        /// It does not work because something cannot be reached.
        case unreachable
    }

    /// What was checked.
    public enum Subject: String, Sendable, Codable {
        case configuration, database, schema, rights, listen, durability, shops, key, vendor, clock, allowance
        case paymentMethods = "payment methods"
        case deliveryMethods = "delivery methods"
    }

    /// What was checked.
    public let subject: Subject
    /// The severity.
    public let level: Level
    /// What was found, in a sentence; no secrets.
    public let what: String
    /// What to do; nil if nothing has to be done.
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
