import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A local simulation of the vendor Smart Gift: an HTTP server that checks requests as strictly as the vendor's documentation
/// says, can produce faults, and records every request and every sale.
///
/// It shares no code with Giftbridge, because a mistake in shared code would go unnoticed. See ``AdminDesk`` for its own pages.
package struct SandboxServer: Service, CustomStringConvertible {
    /// The address alone: the configuration holds the key.
    package var description: String { "SandboxServer(\(configuration.host))" }

    /// Every sale and every request.
    package let ledger: Ledger

    private let configuration: SandboxConfiguration
    private let gate: Gate
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: checked by ``run()``.
    ///   - logger: one line at info level per sale and per fault, without codes, personal data or key.
    ///   - onRunning: called once with the port, when requests are served.
    package init(
        configuration: SandboxConfiguration = SandboxConfiguration(),
        logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onRunning = onRunning
        ledger = Ledger(configuration: configuration)
        gate = Gate(configuration: configuration)
    }

    /// Serves until graceful shutdown or cancellation; can be called once.
    ///
    /// A graceful shutdown takes no new connections, finishes the requests it has, and ends hanging ones. Throws
    /// ``SandboxConfigurationError``, or an `IOError` where the address cannot be bound.
    package func run() async throws {
        try configuration.validate()
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: SandboxResponder(
                configuration: configuration,
                vendor: VendorDesk(configuration: configuration, ledger: ledger, gate: gate, logger: logger),
                admin: AdminDesk(ledger: ledger, gate: gate, logger: logger)
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port)
            ),
            onServerRunning: { [onRunning] channel in await onRunning(channel.localAddress?.port ?? 0) },
            logger: quiet
        )
        try await application.run()
    }

    /// Puts a fault on the list, as `POST /_sandbox/faults` does.
    ///
    /// - Parameters:
    ///   - kind: what shall go wrong.
    ///   - orderID: the order that it is meant for; nil (default): the next sale request, whichever it is.
    ///   - times: how many sale requests it strikes, 1 or more; default 1.
    /// - Returns: false where 100,000 faults wait already.
    @discardableResult
    package func queueFault(_ kind: FaultKind, orderID: String? = nil, times: Int = 1) -> Bool {
        gate.queue(FaultPlan.Entry(kind: kind, orderID: orderID, times: max(1, times)))
    }

    /// The counts since the start or the last reset.
    func summary() async -> LedgerSummary {
        await ledger.summary(mostRequestsInWindow: gate.mostRequestsInWindow)
    }
}
