import ArgumentParser
import Glibc

/// `--yes`, for commands whose effect cannot be taken back: on a terminal they ask first, elsewhere they need the flag.
struct Confirmation: ParsableArguments {
    @Flag(help: "Do not ask for confirmation. Needed where standard input is no terminal.") var yes = false

    /// Returns if the effect is wanted.
    ///
    /// - Parameter effect: What will happen, as one or two sentences with a full stop at the end.
    /// - Throws: `ValidationError` if no one can be asked; ``Declined``.
    func ask(_ effect: String) throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ValidationError("\(effect) This cannot be taken back: to do it, add --yes")
        }
        print("\(effect) This cannot be taken back. Type yes to do it: ", terminator: "")
        fflush(nil)
        guard readLine() == "yes" else { throw Declined() }
    }

    /// The answer was not yes.
    struct Declined: Error, CustomStringConvertible {
        var description: String { "nothing was changed" }
    }
}
