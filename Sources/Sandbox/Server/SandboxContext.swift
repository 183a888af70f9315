import Hummingbird
import Logging
import NIOCore

/// What Hummingbird hands to the responder beside the request: here the connection, which faults cut.
struct SandboxContext: InitializableFromSource {
    typealias Source = ApplicationRequestContextSource

    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}
