import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A local simulation of the vendor Smart Gift: an HTTP server that checks requests as strictly as the vendor's documentation
/// says, can produce faults, and records every request and every sale.
///
/// It shares no code with Giftbridge, because a mistake in shared code would go unnoticed. See ``AdminDesk`` for its own pages.
public struct SandboxServer: Service, CustomStringConvertible {
    /// The address alone: the configuration holds the key.
    public var description: String { "SandboxServer(\(configuration.host))" }

    /// Every sale and every request.
    public let ledger: Ledger

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
    public init(
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
    public func run() async throws {
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
    public func queueFault(_ kind: FaultKind, orderID: String? = nil, times: Int = 1) -> Bool {
        gate.queue(FaultPlan.Entry(kind: kind, orderID: orderID, times: max(1, times)))
    }

    /// Treats sale requests in other ways from now on, as `POST /_sandbox/habits` does.
    ///
    /// - Parameters:
    ///   - habits: all that shall hold; nil (default): as they are.
    ///   - referencePrefix: what stands in front of references; nil (default): as it is.
    public func change(habits: Set<Habit>? = nil, referencePrefix: String? = nil) {
        let manner = gate.manner
        gate.manner = Manner(
            habits: habits ?? manner.habits, referencePrefix: referencePrefix ?? manner.referencePrefix)
    }

    /// Accepts another key from now on; the former one gets 401.
    public func accept(key: String) {
        gate.accept(key: key)
    }

    /// The counts since the start or the last reset.
    public func summary() async -> LedgerSummary {
        var summary = await ledger.summary()
        summary.mostRequestsInWindow = gate.mostRequestsInWindow
        return summary
    }

    /// Forgets sales, requests, names taken, open windows and waiting faults; key and habits are the configured ones again.
    public func reset() async {
        await ledger.reset()
        gate.reset()
    }
}
