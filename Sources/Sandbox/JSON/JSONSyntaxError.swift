/// Why a text is not JSON as RFC 8259 has it.
struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in a few words.
    let reason: String
    /// Where: the byte offset from the start of the text.
    let offset: Int

    var description: String { "\(reason) at byte \(offset)" }
}
