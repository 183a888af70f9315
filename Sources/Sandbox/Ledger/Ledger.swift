/// The sandbox's memory: every sale and every request, and the one place where a sale happens.
///
/// A sale is atomic: rules, reference, codes and entry are one step that no other sale can come between.
package actor Ledger {
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
    package func sales(after sequence: Int = 0, limit: Int = .max) -> [Sale] {
        saleLog.entries(after: sequence, limit: limit)
    }

    /// The recorded requests, oldest first, including those in flight.
    ///
    /// - Parameters:
    ///   - sequence: only those with a larger ``RequestRecord/sequence``; default 0, all.
    ///   - limit: at most this many; default no limit.
    func requests(after sequence: Int = 0, limit: Int = .max) -> [RequestRecord] {
        requestLog.entries(after: sequence, limit: limit)
    }

    /// The counts; ``LedgerSummary/mostRequestsInWindow`` is the gate's to know.
    func summary(mostRequestsInWindow: Int) -> LedgerSummary {
        var summary = counts
        summary.mostRequestsInWindow = mostRequestsInWindow
        return summary
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

/// What happened at the sandbox since its start or its last reset, in numbers.
struct LedgerSummary: Sendable, Equatable {
    /// Requests to the vendor's paths, also unknown ones; not the admin's.
    var requests = 0
    /// Sales made.
    var sales = 0
    /// Vouchers in them.
    var vouchers = 0
    /// Sales whose order id was taken, so that their reference differs.
    var renamed = 0
    /// Sale requests that validation refused (422 by the rules, not by a fault).
    var refused = 0
    /// Requests that the rate limit refused.
    var throttled = 0
    /// Requests with a missing or wrong key that got as far as the key.
    var unauthorized = 0
    /// The most requests that one key sent, throttled ones included, within any stretch of time as long as the
    /// limiter's window; a fixed window can let twice its limit through around its edge.
    var mostRequestsInWindow = 0
    /// How often each kind of fault struck.
    var faults: [FaultKind: Int] = [:]

    var json: JSONValue {
        [
            "requests": .integer(requests), "sales": .integer(sales), "vouchers": .integer(vouchers),
            "renamed": .integer(renamed), "refused": .integer(refused), "throttled": .integer(throttled),
            "unauthorized": .integer(unauthorized),
            "max_requests_in_window": .integer(mostRequestsInWindow),
            "faults": .object(
                faults.map { JSONValue.Member($0.key.name, .integer($0.value)) }.sorted { $0.name < $1.name }
            ),
        ]
    }
}

/// The newest entries of a row that never ends; entry n (counted from 1) stays reachable by n until it is forgotten.
struct BoundedLog<Entry> {
    let capacity: Int
    private var slots: [Entry] = []
    /// How many entries there have been.
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// The numbers of the entries still here.
    var numbers: Range<Int> {
        count - slots.count + 1..<count + 1
    }

    mutating func append(_ entry: Entry) {
        if slots.count < capacity {
            slots.append(entry)
        } else {
            slots[count % capacity] = entry
        }
        count += 1
    }

    /// The entry with a number; nil where it is forgotten or not there yet. Setting one that is not here is ignored.
    subscript(number: Int) -> Entry? {
        get { numbers.contains(number) ? slots[(number - 1) % capacity] : nil }
        set {
            if let newValue, numbers.contains(number) { slots[(number - 1) % capacity] = newValue }
        }
    }

    /// The entries after a number, oldest first.
    func entries(after number: Int = 0, limit: Int = .max) -> [Entry] {
        let first = max(numbers.lowerBound, number + 1)
        guard first < numbers.upperBound, limit > 0 else { return [] }
        let last = limit >= numbers.upperBound - first ? numbers.upperBound : first + limit
        return (first..<last).map { slots[($0 - 1) % capacity] }
    }
}
