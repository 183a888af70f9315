import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The sandbox's own pages under `/_sandbox`, for users and tests on this machine; they need no key.
struct AdminDesk: Sendable {
    static let root = "/_sandbox"

    let ledger: Ledger
    let gate: Gate
    let logger: Logger

    static let help = """
        Giftbridge sandbox: a local simulation of the vendor Smart Gift. Vouchers sold here are worthless.

        The vendor's API (headers Smart-Auth, Content-Type and Accept: application/json):
          POST /pos-sale            sells vouchers
          GET  /vouchers            the voucher types
          GET  /payment-methods     the payment methods
          POST /redeem/check        looks up a voucher

        The sandbox's own pages (no key):
          GET  /_sandbox/sales      all sales         ?after=SEQUENCE&limit=N
          GET  /_sandbox/requests   all requests      ?after=SEQUENCE&limit=N
          GET  /_sandbox/summary    counts
          GET  /_sandbox/faults     queued faults, and all kinds of faults
          POST /_sandbox/faults     {"fault": "close_after", "order_id": "100045" or null, "times": 1}
          GET  /_sandbox/habits     how sale requests are handled, and all habits
          POST /_sandbox/habits     {"habits": ["nested_answer", …], "reference_prefix": "ACME-"}, each optional
          POST /_sandbox/key        {"key": "sk_…"} changes the accepted key
          DELETE /_sandbox          deletes all records; resets key and settings

        """

    func answer(_ request: Request, body: ByteBuffer) async -> Answer {
        switch (request.method, request.uri.path) {
        case (.get, Self.root), (.get, Self.root + "/"):
            return .text(Self.help)
        case (.delete, Self.root), (.delete, Self.root + "/"):
            await ledger.reset()
            gate.reset()
            logger.info("All records were deleted.")
            return .json(["message": "All records were deleted."])
        case (.get, "/_sandbox/sales"):
            let (after, limit) = page(request)
            return .json(["data": .array(await ledger.sales(after: after, limit: limit).map(\.json))])
        case (.get, "/_sandbox/requests"):
            let (after, limit) = page(request)
            return .json(["data": .array(await ledger.requests(after: after, limit: limit).map(\.json))])
        case (.get, "/_sandbox/summary"):
            return .json(await ledger.summary(mostRequestsInWindow: gate.mostRequestsInWindow).json)
        case (.get, "/_sandbox/faults"):
            return .json([
                "queued": .array(gate.queued.map(\.json)), "kinds": .array(FaultKind.all.map { .string($0.name) }),
            ])
        case (.post, "/_sandbox/faults"):
            return queueFault(body)
        case (.get, "/_sandbox/habits"):
            let known = Habit.allCases.map { JSONValue.Member($0.rawValue, .string($0.summary)) }
            return .json(gate.manner.json(more: [JSONValue.Member("known", .object(known))]))
        case (.post, "/_sandbox/habits"):
            return changeHabits(body)
        case (.post, "/_sandbox/key"):
            return changeKey(body)
        default:
            return .json(["message": "There is no such page. GET /_sandbox lists all pages."], status: 404)
        }
    }

    private func page(_ request: Request) -> (after: Int, limit: Int) {
        let query = request.uri.queryParameters
        return (query["after"].flatMap { Int($0) } ?? 0, query["limit"].flatMap { Int($0) } ?? .max)
    }

    private func queueFault(_ body: ByteBuffer) -> Answer {
        guard let order = json(body), let name = order["fault"]?.text, let kind = FaultKind(name: name) else {
            return refusal("\"fault\" must be one of the kinds that GET /_sandbox/faults lists.")
        }
        if let orderID = order["order_id"], orderID.text == nil { return refusal("\"order_id\" must be a string.") }
        let times = order["times"].map { $0.integer } ?? 1
        guard let times, (1...1_000_000).contains(times) else { return refusal("\"times\" must be 1 to 1000000.") }
        let entry = FaultPlan.Entry(kind: kind, orderID: order["order_id"]?.text, times: times)
        guard gate.queue(entry) else { return refusal("Too many faults are queued.") }
        return .json(["message": "The fault is queued.", "queued": .array(gate.queued.suffix(1).map(\.json))])
    }

    private func changeHabits(_ body: ByteBuffer) -> Answer {
        guard let order = json(body) else { return refusal("The body must be a JSON object.") }
        var habits: Set<Habit>?
        if let list = order["habits"] {
            guard case .array(let names) = list else { return refusal("\"habits\" must be an array of strings.") }
            let known = names.compactMap { $0.text.flatMap(Habit.init) }
            guard known.count == names.count else {
                return refusal("Unknown habit. GET /_sandbox/habits lists all habits.")
            }
            habits = Set(known)
        }
        var referencePrefix: String?
        if let prefix = order["reference_prefix"] {
            guard let text = prefix.text, SandboxConfiguration.isPrefix(text) else {
                return refusal("\"reference_prefix\" \(SandboxConfiguration.prefixRule).")
            }
            referencePrefix = text
        }
        let manner = gate.change(habits: habits, referencePrefix: referencePrefix)
        logger.info("Habits were changed.")
        return .json(manner.json())
    }

    private func changeKey(_ body: ByteBuffer) -> Answer {
        guard let key = json(body)?["key"]?.text, !key.isEmpty else {
            return refusal("\"key\" must be a non-empty string.")
        }
        gate.accept(key: key)
        logger.info("The accepted key was changed.")
        return .json(["message": "The accepted key was changed."])
    }

    private func json(_ body: ByteBuffer) -> JSONValue? {
        // Invalid JSON gets the same answer as JSON without the field.
        try? JSONParser.parse(Array(body.readableBytesView))
    }

    private func refusal(_ message: String) -> Answer {
        .json(["message": .string(message)], status: 422)
    }
}

extension Manner {
    fileprivate func json(more: [JSONValue.Member] = []) -> JSONValue {
        let names = habits.map(\.rawValue).sorted().map { JSONValue.string($0) }
        return .object(
            [
                JSONValue.Member("habits", .array(names)),
                JSONValue.Member("reference_prefix", .string(referencePrefix)),
            ] + more)
    }
}

extension FaultPlan.Entry {
    fileprivate var json: JSONValue {
        ["fault": .string(kind.name), "order_id": .optional(orderID), "times": .integer(times)]
    }
}
