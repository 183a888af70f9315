import Testing

/// The suites that load the machine or measure time, one after the other.
@Suite(.serialized)
enum OneAtATime {}
