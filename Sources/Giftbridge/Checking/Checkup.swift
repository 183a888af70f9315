import FoundationEssentials
import LibPQ
import Logging
import SmartGift

/// Checks everything that a worker needs, and says how to fix each fault.
///
/// It asks the vendor for the payment methods, once per key. Each of these requests takes its place in the allowance, but is not in
/// the journal.
package struct Checkup: Sendable {
    private let configuration: BridgeConfiguration

    /// - Parameter configuration: The worker's settings.
    package init(_ configuration: BridgeConfiguration) {
        self.configuration = configuration
    }

    /// Runs all checks and reports each finding as it comes. Never throws: a failure is a finding.
    package func run(_ found: (Finding) -> Void) async {
        let connection: Connection
        do {
            connection = try await open("check")
        } catch {
            return found(Self.databaseAway(error))
        }
        do {
            try await server(connection, found)
            try await Schema.check(connection)
            found(.ok(.schema, "Schema giftbridge is at version \(Schema.version)."))
            try await rights(connection, found)
            for finding in try await Installation(connection).findings { found(finding) }
            try await listen(connection, found)
            try await shops(connection, found)
        } catch let error as Schema.Mismatch {
            let sentence = error.description.split(separator: ": ", maxSplits: 1).map(String.init)
            found(.fault(.schema, sentence[0].capitalizedSentence, (sentence.last ?? "").capitalizedSentence))
        } catch {
            found(Self.databaseAway(error))
        }
        await connection.close()
    }

    private func open(
        _ purpose: String, onNotify: @escaping @Sendable (LibPQ.Notification) -> Void = { _ in },
        onEnd: @escaping @Sendable () -> Void = {}
    ) async throws -> Connection {
        try await Connection.open(
            configuration.databaseURL,
            options: ConnectionOptions(commandTimeout: .seconds(10), applicationName: "giftbridge \(purpose)"),
            logger: Logger(label: purpose) { _ in SwiftLogNoOpLogHandler() }, onNotify: onNotify, onEnd: onEnd)
    }

    private static func databaseAway(_ error: any Error) -> Finding {
        switch error {
        case let error as ServerError where error.sqlState == "42501":
            .fault(
                .rights, "\(error.message).".capitalizedSentence,
                "Run giftbridge migrate --roles, then connect as a member of giftbridge_worker.")
        case let error as ServerError:
            .unreachable(.database, "\(error.message).".capitalizedSentence, "See the server's log.")
        default:
            .unreachable(
                .database, "\(error).".capitalizedSentence,
                "Check that the server is running and that GIFTBRIDGE_DATABASE_URL (or PGHOST, PGUSER, …) is right. Test it with psql."
            )
        }
    }

    private func server(_ connection: Connection, _ found: (Finding) -> Void) async throws {
        let asked = Date.now.timeIntervalSince1970
        guard let row = try await connection.query(SQL.Check.server).first else { return }
        let now = (asked + Date.now.timeIntervalSince1970) / 2
        if try row.int("backend") != Int(connection.backendPID) {
            found(.ok(.database, "There is a connection pooler between this machine and PostgreSQL."))
        }
        for finding in try ServerFacts(row, now: now).findings { found(finding) }
    }

    private func rights(_ connection: Connection, _ found: (Finding) -> Void) async throws {
        let missing = try await connection.query(SQL.Check.rights).map { try $0.text("missing") }
        guard missing.isEmpty else {
            return found(
                .fault(
                    .rights, "The role lacks these permissions: \(missing.joined(separator: ", ")).",
                    "Run giftbridge migrate --roles, then GRANT giftbridge_worker TO the role."))
        }
        found(.ok(.rights, "The role has all permissions it needs."))
    }

    /// Checks that a notification from another session arrives. Through a transaction pooler none does.
    private func listen(_ connection: Connection, _ found: (Finding) -> Void) async throws {
        let (payloads, payload) = AsyncStream.makeStream(of: String.self)
        let other = try await open(
            "check listen", onNotify: { payload.yield($0.payload) }, onEnd: { payload.finish() })
        _ = try await other.query(SQL.Check.listen)
        let token = "\(UInt64.random(in: 0...UInt64.max))"
        _ = try await connection.query(SQL.Check.notify, [.text(token)])
        let hasArrived = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await payloads.contains(token)
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(3))  // Cancelled: it has arrived.
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        await other.close()
        found(
            hasArrived
                ? .ok(.listen, "Notifications from other sessions arrive.")
                : .fault(
                    .listen,
                    "No notification arrives, as with a transaction pooler (PgBouncer), which does not support LISTEN. Orders "
                        + "would wait for the poll interval.",
                    "Connect to PostgreSQL directly, or through a pool with pool_mode=session."))
    }

    private func shops(_ connection: Connection, _ found: (Finding) -> Void) async throws {
        let directory = AccountDirectory(configuration)
        // Shops with the same key are checked with one request.
        var answers: [VendorEndpoint: (VendorAnswer, at: Double)] = [:]
        let shops = try await connection.query(SQL.Check.shops).map { try ShopFacts($0) }
        let vendor = VendorClient()
        for shop in shops {
            for finding in shop.findings { found(finding) }
            let endpoint: VendorEndpoint
            switch await directory.accounts(of: [shop.name: shop.apiURL])[shop.name] {
            case .success(let account)?: endpoint = account.endpoint
            case .failure(let error)?:
                found(.fault(.key, "\(error.description).", "See giftbridge run --help."))
                continue
            case nil: continue
            }
            if answers[endpoint] == nil {
                let place = try await connection.query(SQL.Check.takePlace, [.text(shop.rateGroup)]).first
                guard try place?.bool("is_taken") ?? false else {
                    found(shop.notChecked)
                    continue
                }
                let reply = await vendor.send(VendorRequest(.paymentMethods, to: endpoint), by: .now + .seconds(10))
                answers[endpoint] = (reply.answer, at: Date.now.timeIntervalSince1970)
            }
            switch answers[endpoint] {
            case (.response(let response), let now)?:
                for finding in shop.findings(response, from: endpoint, now: now) { found(finding) }
            case (.noResponse(let outcome), _)?:
                found(
                    .unreachable(
                        .vendor, "Cannot reach \(endpoint) for shop \(shop.name). \(outcome.reason)",
                        "Check GIFTBRIDGE_API_URL, DNS, proxy and firewall, and try: curl -i \(endpoint)/payment-methods"
                    ))
            case nil: break
            }
        }
        await vendor.shutDown()
    }
}

extension ShopFacts {
    /// Reads a row of `shops` of `sql/queries/check.sql`.
    init(_ row: Row) throws {
        name = try row.text("name")
        apiURL = try row.optionalText("api_url")
        isPaused = try row.bool("paused")
        isClosed = try row.bool("is_closed")
        pauseReason = try row.optionalText("pause_reason")
        assignsCodes = try row.bool("assign_codes")
        rateGroup = try row.text("allowance")
        rateLimit = try row.optionalInt("rate_limit")
        rateWindowSeconds = try row.double("rate_window")
        paymentMethods = try row.optionalTextArray("payment_methods")?.compactMap { $0.flatMap { Int($0) } } ?? []
        unknownDeliveryMethods =
            try row.optionalTextArray("unknown_delivery_methods")?.compactMap { $0.flatMap { Int($0) } } ?? []
    }
}

extension String {
    /// The text with a capital first letter and one full stop at the end.
    fileprivate var capitalizedSentence: String {
        let text = prefix(1).uppercased() + dropFirst()
        return text.hasSuffix("..") ? String(text.dropLast()) : text
    }
}

/// A result of `giftbridge check`, and what to do about it.
package struct Finding: Sendable, Equatable, Codable {
    /// The severity.
    package enum Level: String, Sendable, Codable {
        /// All is well.
        case ok
        /// It works, but an operator should know.
        case warning
        /// It does not work because something is configured wrong.
        case fault
        /// It does not work because something cannot be reached.
        case unreachable
    }

    /// What was checked.
    package enum Subject: String, Sendable, Codable {
        case configuration, database, schema, rights, listen, durability, shops, key, vendor, clock, allowance
        case paymentMethods = "payment methods"
        case deliveryMethods = "delivery methods"
    }

    /// What was checked.
    package let subject: Subject
    /// The severity.
    package let level: Level
    /// What was found, in a sentence; no secrets.
    package let what: String
    /// What to do; nil if nothing has to be done.
    package let remedy: String?

    /// Memberwise.
    package init(subject: Subject, level: Level, what: String, remedy: String?) {
        self.subject = subject
        self.level = level
        self.what = what
        self.remedy = remedy
    }

    static func ok(_ subject: Subject, _ what: String) -> Finding {
        Finding(subject: subject, level: .ok, what: what, remedy: nil)
    }

    static func warning(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .warning, what: what, remedy: remedy)
    }

    static func fault(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .fault, what: what, remedy: remedy)
    }

    static func unreachable(_ subject: Subject, _ what: String, _ remedy: String) -> Finding {
        Finding(subject: subject, level: .unreachable, what: what, remedy: remedy)
    }
}
