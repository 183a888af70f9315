import Testing

/// The suites that load the machine, stop it or measure time, one after the other, with nothing beside them (Tests/run).
@Suite(.serialized)
enum OneAtATime {}
