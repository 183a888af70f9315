import CLinux

/// CLOCK_MONOTONIC in nanoseconds: the same clock in every process of the machine, so that the peer's times and the
/// benchmark's can be compared.
func monotonicNow() -> Int64 { Int64(linux_now()) }

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    var milliseconds: Double { self / .milliseconds(1) }
}
