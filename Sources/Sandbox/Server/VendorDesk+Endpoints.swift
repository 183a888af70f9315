import Logging

extension VendorDesk {
    /// `GET /vouchers`.
    func vouchers() -> Answer {
        .json(["data": .array(configuration.catalogue.vouchers.map(\.json))])
    }

    /// `GET /payment-methods`.
    func paymentMethods() -> Answer {
        let methods = configuration.catalogue.paymentMethods.map { method -> JSONValue in
            ["id": .integer(method.id), "name": .string(method.name)]
        }
        return .json(["data": .array(methods)])
    }

    /// `POST /pos-sale`, after all faults that keep a request from being processed.
    func sell(_ visit: Visit, number: Int, _ manner: Manner) async -> Answer {
        // The answer to the first copy stays with the layer that sends the second.
        if manner.has(.sentTwice) { _ = await process(visit, number: number, manner) }
        let answer = await process(visit, number: number, manner)
        let last = gate.keep(answer)
        return manner.has(.staleAnswer) ? last ?? answer : answer
    }

    private func process(_ visit: Visit, number: Int, _ manner: Manner) async -> Answer {
        switch readable(visit) {
        case .failure(let refusal):
            return refusal.answer
        case .success(let body):
            switch await ledger.sell(body, request: number, at: WallClock.now, manner) {
            case .refused(let found):
                let errors = found.told(with: manner)
                logger.debug(
                    "A sale was refused.", metadata: ["fields": "\(errors.fields.map(\.path).joined(separator: " "))"])
                let status = manner.has(.takenConflict) && !errors.taken.isEmpty ? 409 : 422
                return .refusal(errors, status: status, acceptsJSON: visit.acceptsJSON)
            case .sold(let sale):
                logger.info(
                    "A sale was made.",
                    metadata: [
                        "sale": "\(sale.sequence)", "order_reference": "\(sale.orderReference)",
                        "items": "\(sale.items.count)", "renamed": "\(sale.isRenamed)",
                    ]
                )
                if manner.has(.partialSale) {
                    return .error(500, "Server Error", acceptsJSON: visit.acceptsJSON)
                }
                return .json(sale.receipt(manner), sale: sale)
            }
        }
    }

    /// `POST /redeem/check`.
    func redeemCheck(_ visit: Visit) async -> Answer {
        switch readable(visit) {
        case .failure(let refusal):
            return refusal.answer
        case .success(let body):
            switch RedeemRules(catalogue: configuration.catalogue).check(body) {
            case .refused(let errors):
                return .refusal(errors, acceptsJSON: visit.acceptsJSON)
            case .number(let number):
                guard let voucher = await ledger.voucher(code: number) else {
                    return .refusal(RedeemRules.unknownNumber, acceptsJSON: visit.acceptsJSON)
                }
                let type = voucher.item.flatMap { configuration.catalogue.voucher($0.id) }
                return .json([
                    "data": [
                        "voucher_no": .string(voucher.code), "title": .optional(type?.title),
                        "value": .optional(voucher.item?.price), "balance": .optional(voucher.item?.price),
                    ]
                ])
            }
        }
    }

    private struct Refusal: Error {
        let answer: Answer
    }

    private func readable(_ visit: Visit) -> Result<JSONValue, Refusal> {
        func refused(_ status: Int, _ message: String) -> Result<JSONValue, Refusal> {
            .failure(Refusal(answer: .error(status, message, acceptsJSON: visit.acceptsJSON)))
        }
        if !visit.isCalledJSON { return refused(415, "The Content-Type must be application/json.") }
        switch visit.body {
        case .tooLarge: return refused(413, "The request body is too large.")
        case .malformed(let error): return refused(400, "The request body is not valid JSON: \(error).")
        case .json(.object(let members)): return .success(.object(members))
        case .json: return refused(400, "The request body is not a JSON object.")
        }
    }
}
