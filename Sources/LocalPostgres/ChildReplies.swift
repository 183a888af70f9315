import Subprocess

/// The lines that a child process writes to its standard output, for a caller that sends it one command after the other.
///
/// A task of its own reads them to their end. ``ended()`` has to be awaited before `Subprocess.run`'s closure returns, which
/// closes the descriptor: a read still under way would take the output of whatever gets its number next.
package struct ChildReplies: Sendable {
    /// The lines as they come, for one iteration.
    package let lines: AsyncThrowingStream<String, any Error>
    private let reader: Task<Void, Never>

    /// Begins to read.
    package init(_ output: SubprocessOutputSequence) {
        let (lines, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        self.lines = lines
        let strings = output.strings()
        reader = Task {
            do {
                for try await line in strings { continuation.yield(line) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    /// Returns once the child has closed its standard output, which it does at its end.
    package func ended() async {
        await reader.value
    }
}
