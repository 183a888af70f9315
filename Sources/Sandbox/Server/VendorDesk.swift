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
        case answer(Answer)
        /// Head and half of the body, then the connection is cut.
        case half(Answer)
        /// The answer in small pieces.
        case trickle(Answer)
        case cut
        /// Like ``cut``, but with a TCP reset.
        case reset

        fileprivate var told: Answer? {
            switch self {
            case .answer(let answer), .half(let answer), .trickle(let answer): answer
            case .cut, .reset: nil
            }
        }
    }

    /// Takes a request from the rate limiter to its end, and enters both in the ledger.
    func serve(_ visit: Visit, on line: Line) async throws -> Ending {
        let admission = gate.admit(key: visit.key, at: visit.receivedAt)
        let record = visit.record(key: admission.key, clientPort: line.clientPort)
        let number = await ledger.arrived(record, isThrottled: admission.isThrottled)
        let ending = try await ending(of: visit, admission, number: number, on: line)
        await ledger.answered(number, status: ending.told?.status, at: WallClock.now)
        return ending.with(headers: allowanceHeaders(admission.allowance, at: visit.receivedAt))
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
        guard let route = Route(path: visit.path) else {
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
            return .cut
        case .hangBefore:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
            return .cut
        case .hangThenSell:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
        default:
            break
        }
        let answer = await sell(visit, number: number, usual.adding(fault.habit))
        switch fault {
        case .closeAfter, .hangThenSell:
            return .cut
        case .resetAfter:
            return .reset
        case .hangAfter:
            await line.waitUntilClientLeaves(bound: configuration.hangBound)
            return .cut
        case .closeMidAnswer:
            return .half(answer)
        case .slowAnswer:
            return .trickle(answer)
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

extension VendorDesk.Ending {
    /// This ending with the allowance's headers; those that a fault set itself stay.
    fileprivate func with(headers: HTTPFields) -> Self {
        func added(_ answer: Answer) -> Answer {
            var answer = answer
            for field in headers where answer.headers[field.name] == nil { answer.headers.append(field) }
            return answer
        }
        switch self {
        case .answer(let answer): return .answer(added(answer))
        case .half(let answer): return .half(added(answer))
        case .trickle(let answer): return .trickle(added(answer))
        case .cut, .reset: return self
        }
    }
}

/// The vendor's paths that the sandbox knows.
enum Route {
    case sale
    case vouchers
    case paymentMethods
    case redeemCheck

    /// The route of a path without its query; nil for an unknown one.
    init?(path: String) {
        switch path {
        case "/pos-sale": self = .sale
        case "/vouchers": self = .vouchers
        case "/payment-methods": self = .paymentMethods
        case "/redeem/check": self = .redeemCheck
        default: return nil
        }
    }

    /// The one method that it knows.
    var method: HTTPRequest.Method {
        switch self {
        case .sale, .redeemCheck: .post
        case .vouchers, .paymentMethods: .get
        }
    }
}
