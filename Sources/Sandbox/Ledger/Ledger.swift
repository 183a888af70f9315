/// The sandbox's memory: every sale and every request, and the one place where a sale happens.
///
/// A sale is atomic: rules, reference, codes and entry are one step that no other sale can come between.
public actor Ledger {
    /// What became of a sale request that reached the rules.
    enum Outcome {
        case sold(Sale)
        case refused(ValidationErrors)
    }

    private let catalogue: Catalogue
    private let seed: UInt64
    private let rawBodyCapacity: Int
    private var saleLog: BoundedLog<Sale>
    private var requestLog: BoundedLog<RequestRecord>
    private var taken: TakenNames
    private var counts = LedgerSummary()
    private var saleFeeds: [Int: AsyncStream<Sale>.Continuation] = [:]
    private var feedCount = 0

    init(configuration: SandboxConfiguration) {
        catalogue = configuration.catalogue
        seed = configuration.seed
        rawBodyCapacity = configuration.rawBodyCapacity
        saleLog = BoundedLog(capacity: configuration.ledgerCapacity)
        requestLog = BoundedLog(capacity: configuration.ledgerCapacity)
        taken = TakenNames(seed: configuration.seed)
    }

    /// The sales remembered, oldest first.
    ///
    /// - Parameters:
    ///   - sequence: only those with a larger ``Sale/sequence``; default 0, all.
    ///   - limit: at most this many; default no limit.
    public func sales(after sequence: Int = 0, limit: Int = .max) -> [Sale] {
        saleLog.entries(after: sequence, limit: limit)
    }

    /// The recorded requests, oldest first, including those in flight.
    ///
    /// - Parameters:
    ///   - sequence: only those with a larger ``RequestRecord/sequence``; default 0, all.
    ///   - limit: at most this many; default no limit.
    public func requests(after sequence: Int = 0, limit: Int = .max) -> [RequestRecord] {
        requestLog.entries(after: sequence, limit: limit)
    }

    /// Each sale from now on, as it happens; a reader who lags by more than 10,000 misses the oldest.
    public func saleFeed() -> AsyncStream<Sale> {
        let (stream, continuation) = AsyncStream.makeStream(of: Sale.self, bufferingPolicy: .bufferingNewest(10_000))
        feedCount += 1
        let number = feedCount
        saleFeeds[number] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forgetFeed(number) }
        }
        return stream
    }

    private func forgetFeed(_ number: Int) {
        saleFeeds[number] = nil
    }

    /// The counts, without ``LedgerSummary/mostRequestsInWindow``, which the gate knows.
    func summary() -> LedgerSummary {
        counts
    }

    func reset() {
        saleLog = BoundedLog(capacity: saleLog.capacity)
        requestLog = BoundedLog(capacity: requestLog.capacity)
        taken = TakenNames(seed: seed)
        counts = LedgerSummary()
    }

    // MARK: The request log

    /// Enters a request as it arrives; gives its sequence.
    func arrived(_ record: RequestRecord, isThrottled: Bool) -> Int {
        counts.requests += 1
        if isThrottled { counts.throttled += 1 }
        var record = record
        record.sequence = requestLog.count + 1
        record.shareHeaders(with: requestLog[requestLog.count])
        if rawBodyCapacity == 0 { record.body = nil }
        requestLog.append(record)
        requestLog[record.sequence - rawBodyCapacity]?.body = nil
        return record.sequence
    }

    /// Notes a fault before it does its harm, so that a request that hangs already shows it.
    func struck(_ sequence: Int, fault: FaultKind) {
        counts.faults[fault, default: 0] += 1
        requestLog[sequence]?.fault = fault
    }

    /// Notes how a request ends; a status of nil is a connection cut without an answer.
    func answered(_ sequence: Int, status: Int?, at moment: Double) {
        if status == 401, requestLog[sequence]?.fault == nil { counts.unauthorized += 1 }
        requestLog[sequence]?.answeredAt = moment
        requestLog[sequence]?.status = status
    }

    // MARK: Sales

    /// Sells, or says what is wrong with the request; the request's entry has the sale at once.
    func sell(_ body: JSONValue, request: Int, at moment: Double, _ manner: Manner) -> Outcome {
        switch check(body, at: moment, manner) {
        case .refused(let errors):
            counts.refused += 1
            if manner.has(.refusedKeepsCodes) {
                for code in SaleRules.codes(of: body) { taken.keep(code: code) }
            }
            return .refused(errors)
        case .valid(let draft):
            let sale = enter(manner.has(.partialSale) ? draft.firstItemOnly : draft, at: moment, manner)
            requestLog[request]?.sale = sale.sequence
            return .sold(sale)
        }
    }

    /// A separate function, so that the rules no longer refer to the taken names when ``enter(_:at:_:)`` adds to them; otherwise
    /// each sale would copy them all.
    private func check(_ body: JSONValue, at moment: Double, _ manner: Manner) -> SaleRules.Finding {
        let names = taken
        let rules = SaleRules(
            catalogue: catalogue,
            today: CivilDate(unixSeconds: moment),
            isCodeTaken: { !manner.has(.codesIgnored) && names.isCodeTaken($0) }
        )
        return rules.check(body)
    }

    private func enter(_ draft: SaleDraft, at moment: Double, _ manner: Manner) -> Sale {
        let sequence = saleLog.count + 1
        // The chosen codes first: a made one must not take a code that a later item of the same order asks for.
        let chosen = draft.items.map { manner.has(.codesIgnored) ? nil : $0.code }
        for case let code? in chosen { taken.take(code: code, for: sequence) }
        let reference = taken.takeReference(orderID: draft.orderID, sequence: sequence)
        let sale = Sale(
            sequence: sequence,
            soldAt: moment,
            orderID: draft.orderID,
            orderReference: manner.referencePrefix + reference,
            isRenamed: draft.orderID.map { $0 != reference } ?? false,
            items: zip(draft.items, chosen).map { item, code in
                Sale.Item(
                    id: item.id, price: item.price, priceSent: item.priceSent, persons: item.persons,
                    code: code ?? taken.takeMadeCode(for: sequence), isCodeChosen: code != nil,
                    to: item.to, from: item.from, message: item.message
                )
            },
            customer: draft.customer,
            deliveryMethod: draft.deliveryMethod,
            delivery: draft.delivery,
            dateSent: draft.dateSent,
            deliversOn: draft.deliversOn,
            paymentMethod: draft.paymentMethod
        )
        saleLog.append(sale)
        counts.sales += 1
        counts.vouchers += sale.items.count
        if sale.isRenamed { counts.renamed += 1 }
        for feed in saleFeeds.values { feed.yield(sale) }
        return sale
    }

    /// The item that a code was given to: nil where no sale has it; an item of nil where its sale is forgotten.
    ///
    /// - Parameter code: Blanks in it do not count, so that a respelled code is found.
    func voucher(code: String) -> (code: String, item: Sale.Item?)? {
        let code = code.filter { $0 != " " }
        guard let sequence = taken.sequence(ofCode: code) else { return nil }
        let name = TakenNames.compared(code)
        let item = saleLog[sequence]?.items.first { TakenNames.compared($0.code) == name }
        return (item?.code ?? code, item)
    }
}
