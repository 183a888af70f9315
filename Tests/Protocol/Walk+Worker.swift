import LibPQ

/// The workers: claim, send, and write back, late, twice or never.
extension Walk {
    /// Looks, and claims from some of the lanes that the look names.
    func claim(_ worker: String, all: Bool = false) async throws {
        let waiting = try await connection.prepared("SELECT * FROM giftbridge.look($1, 100)", [.text(worker)])
        var lanes: [(shop: String, lane: Int)] = []
        for row in waiting {
            guard let shop = try row.optionalText("shop"), let lane = try row.optionalInt("lane") else { continue }
            // A worker may look late, and claim what another has taken.
            if try row.double("seconds") <= 0 || chance.percent(10) { lanes.append((shop, lane)) }
        }
        // What is sent again asks for all that an allowance has left.
        if leaning == .fewPlaces, !all, lanes.contains(where: { $0.lane >= 200 }), chance.percent(40) {
            lanes.removeAll { $0.lane < 200 }
        }
        if !all {
            while lanes.count > 3 || (lanes.count > 1 && chance.percent(30)) {
                lanes.remove(at: chance.below(lanes.count))
            }
        }
        lanes.sort { ($0.lane, $0.shop) < ($1.lane, $1.shop) }
        guard !lanes.isEmpty else { return }
        let result = try await connection.prepared(
            """
            SELECT c.*, ARRAY(SELECT i ->> 'code' FROM jsonb_array_elements(c.items::jsonb) AS i) AS chosen_codes
            FROM giftbridge.claim($1, $2::integer, $3, $4, $5::smallint[], $6::integer[]) AS c
            """,
            [
                .text(worker), .int(all ? 20 : 1 + chance.below(6)), .interval(.seconds(120)),
                .textArray(lanes.map(\.shop)), .intArray(lanes.map(\.lane)),
                .intArray(lanes.map { _ in all ? 5 : 1 + chance.below(3) }),
            ])
        let time = now
        let fresh = try result.map {
            try Request($0, worker: worker, claimedAt: time, epoch: epoch, flagged: flagged)
        }
        note(
            "\(worker) claims from \(lanes): "
                + fresh.map { "\($0.key) \($0.kind) lane \($0.lane) #\($0.attempt)" }.joined(separator: ", "))
        for request in fresh { try judgeClaim(request) }
        isSeen = false
        try await look()
        try countClaims(fresh)
        requests += fresh
        if requests.count > 60 { requests.removeFirst(requests.count - 60) }
        for request in fresh where isCalm || chance.percent(60) { try send(request.token) }
    }

    func sendOne() throws {
        guard let request = chance.pick(requests.filter { $0.answer == nil }) else { return }
        try send(request.token)
    }

    /// One request on its way, with all that can happen to it there.
    func send(_ token: String) throws {
        guard let place = requests.firstIndex(where: { $0.token == token }) else { return }
        let request = requests[place]
        let way =
            isCalm
            ? "plain"
            : chance.weighted([
                (60, "plain"), (leaning == .fewPlaces ? 60 : 9, "lost"), (4, "unreachable"), (3, "released"),
                (3, "not sent"), (6, "held"),
                (5, "copied"), (3, "copy held"),
                (5, "swapped"),
            ])
        switch way {
        case "unreachable": requests[place].answer = .unreachable
        case "released": requests[place].answer = .released
        case "not sent": requests[place].answer = .notSent
        case "held":
            held.append(request)
            requests[place].answer = .lost
        case "copied":
            // Something below sends it twice, and passes the second answer on.
            copied.insert(token)
            _ = try arrive(request)
            requests[place].answer = try arrive(request, isCopy: true)
        case "copy held":
            copied.insert(token)
            requests[place].answer = try arrive(request)
            held.append(request)
        case "swapped":
            let own = try arrive(request)
            requests[place].answer = strangerReceipt(for: request) ?? own
        case "lost":
            _ = try arrive(request)
            requests[place].answer = .lost
        default: requests[place].answer = try arrive(request)
        }
        if let answer = requests[place].answer { note("  \(request.key) \(request.kind) goes \(way ?? ""): \(answer)") }
    }

    /// The receipt of another order, for one whose own answer is lost. Only of an order whose codes the bridge knows: a receipt with
    /// codes that are new to Giftbridge cannot be told from the answer of a vendor that ignores codes.
    private func strangerReceipt(for request: Request) -> Answer? {
        let strangers = vendor.sales.filter { sale in
            sale.key != request.key && sale.isWhole && sale.codes.count == request.codes.count
                && Set(sale.codes) == Set(sale.request.codes.compactMap { $0 }) && state(sale.key) != nil
        }
        guard request.kind != "lookup", let sale = chance.pick(strangers) else { return nil }
        return .receipt(reference: sale.reference, codes: sale.codes)
    }

    /// A request that something kept is delivered, long after.
    func deliver() {
        guard !held.isEmpty else { return }
        let request = held.remove(at: chance.below(held.count))
        guard let shop = shops[request.shop] else { return }
        let answer = vendor.receive(
            request, mood: mood(request), habits: shop.habits, company: company(request),
            isCopy: copied.contains(request.token),
            chance: &chance)
        note("a held request arrives: \(request.key) \(request.kind): \(answer)")
    }

    private func arrive(_ request: Request, isCopy: Bool = false) throws -> Answer {
        guard let shop = shops[request.shop] else { return .serverError }
        if !isCopy { try countArrival(request) }
        return vendor.receive(
            request, mood: mood(request), habits: shop.habits, company: company(request), isCopy: isCopy,
            chance: &chance)
    }

    private func company(_ request: Request) -> String { request.account.hasPrefix("strange") ? "stranger" : "ours" }

    private func mood(_ request: Request) -> Mood {
        if known[request.key]?.isCursed == true, isCalm || chance.percent(80) { return .setupFault }
        if isCalm { return .well }
        return chance.weighted([
            (56, .well), (leaning == .refusals ? 36 : 12, .refuses), (6, .failsBefore), (9, .failsAfter),
            (6, .sellsInPart), (7, .setupFault),
            (4, .throttles),
        ]) ?? .well
    }

    /// Writes some answers back, each at most once in a call; also late, and again.
    func settle(all: Bool = false) async throws {
        let ready = requests.filter { $0.answer != nil && ($0.settlements == 0 || (!all && chance.percent(6))) }
        var batch: [Request] = []
        for request in ready where all || (batch.count < 4 && chance.percent(50)) { batch.append(request) }
        // Two results of one order may have waited for the database together.
        if chance.percent(30), let order = chance.pick(batch)?.orderID {
            batch += ready.filter { one in one.orderID == order && !batch.contains { $0.token == one.token } }
        }
        guard !batch.isEmpty else { return }
        let before = states
        let written = batch.compactMap { request in request.answer.map { Settlement($0, to: request) } }
        let skipsLocked = chance.percent(50)
        note(
            "settle "
                + zip(batch, written).map {
                    "\($0.key) \($0.kind) \($1.outcome)/\($1.status)/\($1.match ?? $1.effect ?? "-")"
                }.joined(separator: ", "))
        let parameters: [Parameter] = [
            .intArray(batch.map(\.orderID)), .textArray(batch.map(\.token)), .textArray(written.map(\.outcome)),
            .textArray(written.map(\.status)), .boolArray(written.map(\.counted)),
            .intervalArray(written.map(\.dueIn)),
            .intArray(written.map(\.httpStatus)), .textArray(written.map(\.error)),
            .textArray(written.map(\.error)),
            .textArray(written.map { _ in nil }), .textArray(written.map(\.reference)),
            .textArray(written.map { $0.codes.map { "{\($0.joined(separator: ","))}" } }),
            .textArray(written.map(\.match)), .textArray(written.map(\.effect)),
            .intervalArray(written.map(\.wait)),
            .boolArray(written.map(\.found)), .interval(.seconds(60)), .int(4), .bool(skipsLocked),
        ]
        let result: QueryResult
        do {
            result = try await whileLocked(skipsLocked && chance.percent(25) ? batch.first?.orderID : nil) {
                connection in
                try await connection.prepared(
                    """
                    SELECT * FROM giftbridge.settle($1, $2::uuid[], $3, $4, $5, $6, $7::integer[], $8, $9, $10, $11, $12, $13, $14, $15, $16,
                        $17, $18::integer, $19)
                    """, parameters)
            }
        } catch let error as ServerError where error.sqlState == "55P03" {
            // The order of a late result, found by its codes, is the locked one: the worker tries again later.
            note("  \(error.message)")
            return
        }
        let told = Set(try result.map { try $0.text("token") })
        guard result.count == batch.count, told == Set(batch.map(\.token)) else {
            throw BrokenPromise(description: "settle answered \(result.count) rows to \(batch.count) results")
        }
        // What another session holds locked stays with the worker, for a later call.
        let locked = Set(try result.filter { try $0.text("status") == "locked" }.map { try $0.text("token") })
        let applied = zip(batch, written).filter { !locked.contains($0.0.token) }
        for (request, settlement) in applied {
            if let place = requests.firstIndex(where: { $0.token == request.token }) {
                requests[place].settlements += 1
            }
            let wasFlying = before.contains { $0.token == request.token }
            // A database that went back to before the claim cannot know whose refusal it is.
            if request.answer == .refused, wasFlying || request.epoch == epoch { heard.insert(request.token) }
            if wasFlying, settlement.outcome != "in_doubt", settlement.httpStatus == nil { forgetClaim(request.token) }
        }
        try await judgeJournal(applied)
        isSeen = false
        try await look()
        try judgeSettlements(applied, before: before)
        for request in batch where locked.contains(request.token) {
            let was = before.first { $0.id == request.orderID }
            if was != states.first(where: { $0.id == request.orderID }) {
                throw BrokenPromise(description: "\(request.key) was locked, and changed")
            }
        }
    }
}
