import Testing

/// The tests with a server, one after the other: some count what the whole process holds, some measure time, and all
/// together would take more sessions than a server has.
@Suite(.serialized)
enum OneAtATime {}
