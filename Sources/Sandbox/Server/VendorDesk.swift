import HTTPTypes
import Logging

/// Decides what each request to the vendor's paths gets.
///
/// The order, as a Laravel application's throttle and guards have it: rate limit (429), path (404) and method (405),
/// key (401), then the latency, then faults, content type (415), size (413), syntax (400), rules (422), sale (200).
struct VendorDesk: Sendable {
    let configuration: SandboxConfiguration
    let ledger: Ledger
    let gate: Gate
    let logger: Logger

    /// How a request ends.
    enum Ending {
        case answer(Answer, Pace = .whole)
        /// The connection is cut without an answer, with a TCP reset if wanted.
        case cut(isReset: Bool = false)

        /// How an answer is sent.
        enum Pace {
            case whole
            /// Head and half of the body, then the connection is cut.
            case half
            /// In small pieces.
            case trickle
        }
    }

    /// Takes a request from the rate limiter to its end, and enters both in the ledger.
    func serve(_ visit: Visit, on line: Line) async throws -> Ending {
        let admission = gate.admit(key: visit.key, at: visit.receivedAt)
        let record = visit.record(key: admission.key, clientPort: line.clientPort)
        let number = await ledger.arrived(record, isThrottled: admission.isThrottled)
        let ending = try await ending(of: visit, admission, number: number, on: line)
        guard case .answer(var answer, let pace) = ending else {
            await ledger.answered(number, status: nil, at: WallClock.now)
            return ending
        }
        await ledger.answered(number, status: answer.status, at: WallClock.now)
        // Headers that a fault set itself stay.
        for field in allowanceHeaders(admission.allowance, at: visit.receivedAt)
        where answer.headers[field.name] == nil { answer.headers.append(field) }
        return .answer(answer, pace)
    }

    private func ending(
        of visit: Visit,
        _ admission: Gate.Admission,
        number: Int,
        on line: Line
    ) async throws -> Ending {
        if admission.isThrottled {
            return .answer(.error(429, "Too Many Attempts.", acceptsJSON: visit.acceptsJSON))
        }
        guard let route = Route(rawValue: visit.path) else {
            return .answer(.error(404, "The route could not be found.", acceptsJSON: visit.acceptsJSON))
        }
        guard visit.head.method == route.method else {
            var answer = Answer.error(
                405, "The \(visit.head.method.rawValue) method is not supported for this route.",
                acceptsJSON: visit.acceptsJSON
            )
            answer.headers[.allow] = route.method.rawValue
            return .answer(answer)
        }
        if admission.key != .matched {
            return .answer(.error(401, "Unauthenticated.", acceptsJSON: visit.acceptsJSON))
        }
        var draw = gate.isRandom ? gate.draw(orderID: visit.orderID) : Draw(seed: 0)
        let wait = configuration.latency.wait(share: draw.share())
        if wait > .zero { try await Task.sleep(for: wait) }
        switch route {
        case .sale: return await ending(ofSale: visit, number: number, on: line, draw: &draw)
        case .vouchers: return .answer(vouchers())
        case .paymentMethods: return .answer(paymentMethods())
        case .redeemCheck: return .answer(await redeemCheck(visit))
        }
    }

    private func ending(
        ofSale visit: Visit,
        number: Int,
        on line: Line,
        draw: inout Draw
    ) async -> Ending {
        let usual = gate.manner
        guard let strike = gate.strike(orderID: visit.orderID, draw: &draw) else {
            return .answer(await sell(visit, number: number, usual))
        }
        let fault = strike.kind
        if !fault.needsSale { await note(fault, number: number) }
        switch fault {
        case .status(let status):
            return .answer(.fault(status: status))
        case .closeBefore:
            return .cut()
        case .hangBefore:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
            return .cut()
        case .hangThenSell:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
        default:
            break
        }
        let answer = await sell(visit, number: number, usual.adding(fault.habit))
        switch fault {
        case .closeAfter, .hangThenSell:
            return .cut()
        case .resetAfter:
            return .cut(isReset: true)
        case .hangAfter:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
            return .cut()
        case .closeMidAnswer:
            return .answer(answer, .half)
        case .slowAnswer:
            return .answer(answer, .trickle)
        default:
            if fault.needsSale, answer.sale == nil {
                gate.giveBack(strike)
                return .answer(answer)
            }
            if fault.needsSale { await note(fault, number: number) }
            return .answer(answer.spoiled(by: fault))
        }
    }

    /// Logs a request whose body broke off. It does not count against the allowance, as an application behind a proxy
    /// never sees it.
    func noteIncomplete(_ visit: Visit, on line: Line) async {
        let key = gate.verdict(on: visit.key)
        let record = visit.record(key: key, clientPort: line.clientPort, isComplete: false)
        let number = await ledger.arrived(record, isThrottled: false)
        await ledger.answered(number, status: nil, at: WallClock.now)
    }

    private func note(_ fault: FaultKind, number: Int) async {
        await ledger.struck(number, fault: fault)
        logger.info("A fault was applied.", metadata: ["fault": "\(fault.name)", "request": "\(number)"])
    }

    private func allowanceHeaders(_ allowance: RateLimiter.Allowance?, at now: Double) -> HTTPFields {
        guard let allowance else { return [:] }
        var headers: HTTPFields = [
            .rateLimit: String(allowance.limit),
            .rateLimitRemaining: String(allowance.remaining),
            .rateLimitReset: String(
                Int((allowance.resetAt + configuration.clockOffset / .seconds(1)).rounded(.up))),
        ]
        if !allowance.isGranted {
            headers[.retryAfter] = String(max(1, Int((allowance.resetAt - now).rounded(.up))))
        }
        return headers
    }
}

/// The vendor's paths that the sandbox knows.
enum Route: String {
    case sale = "/pos-sale"
    case vouchers = "/vouchers"
    case paymentMethods = "/payment-methods"
    case redeemCheck = "/redeem/check"

    /// The one method that it knows.
    var method: HTTPRequest.Method {
        switch self {
        case .sale, .redeemCheck: .post
        case .vouchers, .paymentMethods: .get
        }
    }
}
