import Giftbridge
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The worker's HTTP server: the status page, `/healthz`, `/readyz`, `/metrics`, `/status.json`.
///
/// It never interferes with orders: it reads over its own connections. An address that is in use is only a warning, and is
/// retried every few seconds, because the former worker may still be draining there. It also serves before the worker is ready:
/// `/readyz` says what the worker waits for.
package struct StatusService: Service {
    private let address: HTTPAddress
    private let observed: Observed
    private let sessions: Sessions?
    private let conninfo: String
    private let logger: Logger
    private static let secondsBetweenTries: Duration = .seconds(5)

    /// Creates a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - address: Where to serve.
    ///   - configuration: The worker's settings.
    ///   - worker: The worker of this process.
    ///   - version: This program's version.
    ///   - logger: Gets a message when it serves, and one when it cannot.
    package init(
        address: HTTPAddress, configuration: BridgeConfiguration, worker: Worker, version: String, logger: Logger
    ) {
        self.address = address
        self.logger = logger
        conninfo = configuration.databaseURL
        sessions = configuration.httpToken.map { Sessions(token: $0) }
        let database = LookingConnection(conninfo: configuration.databaseURL, logger: logger)
        let gauges = LookingConnection(conninfo: configuration.databaseURL, logger: logger)
        observed = Observed(
            version: version, concurrency: configuration.concurrency, heartbeat: configuration.heartbeat,
            pulse: worker.pulse, metrics: worker.metrics,
            queue: Glance { try await gauges.read { try await QueueGauges.read($0) } },
            frontPage: Glance { try await database.read { try await FrontPage(OperatorDesk($0)) } }, database: database,
            gauges: gauges)
    }

    /// Serves until graceful shutdown or cancellation. Throws nothing.
    package func run() async {
        var isWarned = false
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                try await server().run()
                break
            } catch {
                if !isWarned {
                    logger.warning(
                        "Cannot open the status page address; retrying. Orders are still processed.",
                        metadata: ["address": "\(address)", "error": "\(error)"])
                }
                isWarned = true
                // Cancelled: the loop's condition sees it.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.secondsBetweenTries) }
            }
        }
        await observed.database.close()
        await observed.gauges.close()
    }

    /// Hummingbird's server without its `Application`, which would wake an idle worker every second to update the date for answers.
    private func server() throws -> any Service {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let responder = Routes(
            observed: observed, pages: PageDesk(observed: observed, sessions: sessions),
            actions: sessions.map {
                ActionDesk(
                    sessions: $0, conninfo: conninfo, logger: logger,
                    onDone: { [page = observed.frontPage] in await page.forget() })
            },
            isLoopback: address.isLoopback
        ).router().buildResponder()
        let connections = OpenConnections()
        return try HTTPServerBuilder { BoundedHTTP1(connections: connections, $0) }.buildServer(
            configuration: ServerConfiguration(address: .hostname(address.host, port: address.port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet
        ) { [quiet] request, writer, channel in
            let context = StatusContext(source: ApplicationRequestContextSource(channel: channel, logger: quiet))
            let response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch {
                quiet.debug("A request to the status page failed.", metadata: ["error": "\(error)"])
                response = Response(status: .internalServerError)
            }
            try await writer.write(response: response.head, body: response.body)
        } onServerRunning: { [address, logger] channel in
            let port = channel.localAddress?.port ?? address.port
            logger.info("Status page is available.", metadata: ["url": "http://\(address.with(port: port))/"])
        }
    }
}

extension HTTPAddress {
    /// The same host with the actual port.
    fileprivate func with(port: Int) -> String {
        "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
