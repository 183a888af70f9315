/// The pauses between attempts to connect: they double from 100 ms to 5 s, with jitter.
struct Reconnect: Sendable {
    private var failures = 0

    mutating func succeeded() { failures = 0 }

    /// The next pause.
    mutating func delay() -> Duration {
        failures += 1
        return RetryPolicy(base: .milliseconds(100), maximum: .seconds(5)).backoff(
            attempts: failures, jitter: .random(in: 0...1))
    }

    /// Waits for the next pause, or until the task is cancelled.
    mutating func pause() async {
        try? await Task.sleep(for: delay())  // Cancelled: the caller checks its task.
    }
}
