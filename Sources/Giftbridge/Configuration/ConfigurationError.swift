/// A setting that is missing or wrong: which, why, and what to do. Never the value of a secret.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The environment variable's (or column's) name.
    public let variable: String
    /// What is wrong and what to do, following the variable's name.
    public let problem: String

    /// Memberwise.
    public init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    /// The variable and what is wrong with it.
    public var description: String { "\(variable) \(problem)" }
}
