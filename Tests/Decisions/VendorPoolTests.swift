import Testing

@testable import SmartGift

/// Which connection carries which request, told as a list of events and what each makes the pool do.
@Suite("The vendor pool")
struct VendorPoolTests {
    static let start = ContinuousClock.now
    static let one = VendorOrigin(isSecure: true, host: "one.example", port: 443)
    static let two = VendorOrigin(isSecure: true, host: "two.example", port: 443)
    static let noConnection = "Could not connect to the vendor in time."
    static let late = "The vendor did not answer in time."
    static let cancelled = "The request was cancelled."
    static let stopping = "The request was given up because Giftbridge is stopping."

    /// A pool, its time, and short words for its events.
    struct Bench {
        var pool: VendorPool
        var now = VendorPoolTests.start
        /// Whether to leave out when it wants to be woken.
        var hidesWakes = true

        init(maximumIdle: Int = 256) { pool = VendorPool(maximumIdle: maximumIdle) }

        mutating func callAsFunction(_ event: VendorPool.Event) -> [VendorPool.Action] {
            pool.handle(event, at: now).filter { action in
                if case .wake = action { !hidesWakes } else { true }
            }
        }

        mutating func request(
            _ number: Int, to origin: VendorOrigin = one, within: Duration = .seconds(30), fresh: Bool = false
        ) -> [VendorPool.Action] {
            self(.request(id(number), origin, by: now + within, prefersFresh: fresh))
        }

        /// An exchange that ends well.
        mutating func answered(
            _ connection: Int, _ keepAlive: VendorPool.KeepAlive = .open, leftOver: Bool = false
        ) -> [VendorPool.Action] {
            self(.written(.init(number: connection)))
                + self(.answered(.init(number: connection), keepAlive: keepAlive, leftOver: leftOver))
        }

        mutating func connected(_ connection: Int) -> [VendorPool.Action] {
            self(.connected(.init(number: connection)))
        }
    }

    static func id(_ number: Int) -> VendorPool.RequestID { .init(number: number) }
    static func open(_ connection: Int, _ origin: VendorOrigin = one) -> VendorPool.Action {
        .open(.init(number: connection), origin)
    }
    static func send(_ request: Int, _ connection: Int) -> VendorPool.Action {
        .send(id(request), .init(number: connection))
    }
    static func close(_ connection: Int) -> VendorPool.Action { .close(.init(number: connection)) }
    static func lost(_ request: Int, _ reason: String) -> VendorPool.Action { .end(id(request), .lost(reason)) }
    static func notSent(_ request: Int, _ reason: VendorAnswer.NotSent) -> VendorPool.Action {
        .end(id(request), .notSent(reason))
    }

    // MARK: - One connection

    @Test("The first request opens a connection and is sent on it; the next one goes on the same")
    func reuse() {
        var bench = Bench()
        #expect(bench.request(1) == [Self.open(1)])
        #expect(bench.connected(1) == [Self.send(1, 1)])
        #expect(bench.answered(1) == [])
        #expect(bench.request(2) == [Self.send(2, 1)])
        #expect(bench.answered(1) == [])
        #expect(bench.pool.size == (0, 1, 1))
    }

    enum Spoilt: CaseIterable { case notWritten, leftOver, closes, shortHint }

    @Test("A connection with an unwritten request, a byte too many or no promise is closed", arguments: Spoilt.allCases)
    func noReuse(_ spoilt: Spoilt) {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        let actions =
            switch spoilt {
            case .notWritten: bench(.answered(.init(number: 1), keepAlive: .open, leftOver: false))
            case .leftOver: bench.answered(1, leftOver: true)
            case .closes: bench.answered(1, .no)
            case .shortHint: bench.answered(1, .seconds(1))
            }
        #expect(actions == [Self.close(1)])
        #expect(bench.request(2) == [Self.open(2)], "the next request gets another connection")
    }

    @Test("The same holds for a request that waits: it is not put on a spoilt connection")
    func noReuseForTheWaiting() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        #expect(bench.request(2) == [Self.open(2)])
        #expect(bench.answered(1, leftOver: true) == [Self.close(1)])
        #expect(bench.connected(2) == [Self.send(2, 2)])
    }

    @Test(
        "Idle for 20 s at most, or a second less than the vendor says",
        arguments: [
            (.open, 20_000), (.seconds(2), 1000), (.seconds(5), 4000), (.seconds(21), 20_000), (.seconds(75), 20_000),
            (.seconds(Int.max), 20_000),
        ] as [(VendorPool.KeepAlive, Int)])
    func idleLimit(_ keepAlive: VendorPool.KeepAlive, milliseconds: Int) {
        for (offset, action) in [(-1, Self.send(2, 1)), (0, Self.close(1))] {
            var bench = Bench()
            _ = bench.request(1)
            _ = bench.connected(1)
            #expect(bench.answered(1, keepAlive) == [])
            bench.now += .milliseconds(milliseconds + offset)
            // No timer has come: the time counts at the moment of sending.
            #expect(bench.request(2).first == action)
        }
    }

    @Test("No promise, no idling", arguments: [.no, .seconds(1), .seconds(0), .seconds(-7)] as [VendorPool.KeepAlive])
    func noIdling(_ keepAlive: VendorPool.KeepAlive) { #expect(keepAlive.idleLimit == nil) }

    @Test("At its time an idle connection is closed, and an origin without connections is forgotten")
    func idleEnd() {
        var bench = Bench()
        bench.hidesWakes = false
        _ = bench.request(1)
        _ = bench.connected(1)
        _ = bench.answered(1)
        bench.now += .seconds(10)
        // Nothing was due, but the pool is to be told the time again.
        #expect(bench(.time) == [.wake(Self.start + .seconds(20))])
        bench.now += .seconds(10)
        #expect(bench(.time) == [Self.close(1)])
        #expect(bench.pool.size == (0, 0, 0))
    }

    @Test("An idle connection that ends is forgotten")
    func idleCloses() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        _ = bench.answered(1)
        #expect(bench(.closed(.init(number: 1), "r")) == [])
        #expect(bench.pool.size == (0, 0, 0))
        #expect(bench.request(2) == [Self.open(2)])
    }

    @Test("A request on a connection that ends may have been sent")
    func busyCloses() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        #expect(bench(.closed(.init(number: 1), "r")) == [Self.lost(1, "r")])
        #expect(bench.pool.size == (0, 0, 0))
    }

    @Test("A request that found its connection ended before the first byte waits again, before all others")
    func unwritten() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        _ = bench.answered(1)
        #expect(bench.request(2) == [Self.send(2, 1)])
        #expect(bench.request(3) == [Self.open(2)])
        #expect(bench(.unwritten(.init(number: 1))) == [Self.open(3)])
        #expect(bench.connected(2) == [Self.send(2, 2)])
        #expect(bench.connected(3) == [Self.send(3, 3)])
    }

    // MARK: - Several

    @Test("One request on a connection; the connection that became idle last is used first")
    func lastIdleFirst() {
        var bench = Bench()
        for number in 1...3 {
            #expect(bench.request(number) == [Self.open(number)])
            #expect(bench.connected(number) == [Self.send(number, number)])
        }
        for number in [2, 3, 1] { #expect(bench.answered(number) == []) }
        #expect(
            bench.request(4) + bench.request(5) + bench.request(6)
                == [4, 5, 6].map { Self.send($0, [1, 3, 2][$0 - 4]) })
        #expect(bench.request(7) == [Self.open(4)])
    }

    @Test("The request that waited longest gets what comes first, a new connection or a free one")
    func firstComeFirstServed() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        #expect(bench.request(2) + bench.request(3) == [Self.open(2), Self.open(3)])
        #expect(bench.answered(1) == [Self.send(2, 1)])
        #expect(bench.connected(3) == [Self.send(3, 3)])
        #expect(bench.connected(2) == [], "one too many: it is kept")
        #expect(bench.request(4) == [Self.send(4, 2)])
    }

    @Test("Origins do not share connections")
    func origins() {
        var bench = Bench()
        _ = bench.request(1, to: Self.one)
        _ = bench.connected(1)
        _ = bench.answered(1)
        #expect(bench.request(2, to: Self.two) == [Self.open(2, Self.two)])
        #expect(bench(.failed(.init(number: 2), .unreachable("r"))) == [Self.notSent(2, .unreachable("r"))])
        #expect(bench.pool.size == (0, 1, 1))
    }

    @Test("Of too many idle connections, of whatever origin, the one idle longest is closed")
    func tooManyIdle() {
        var bench = Bench(maximumIdle: 2)
        for (number, origin) in [(1, Self.one), (2, Self.two), (3, Self.one)] {
            _ = bench.request(number, to: origin)
            _ = bench.connected(number)
        }
        #expect(bench.answered(2) + bench.answered(1) == [])
        #expect(bench.answered(3) == [Self.close(2)])
        #expect(bench.pool.size == (0, 2, 1))
    }

    // MARK: - Fresh connections

    @Test("A request that prefers a fresh connection gets no other")
    func fresh() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        _ = bench.answered(1)
        #expect(bench.request(2, fresh: true) == [Self.open(2)])
        #expect(bench.request(3) == [Self.send(3, 1)])
        #expect(bench.request(4) == [Self.open(3)])
        #expect(bench.answered(1) == [Self.send(4, 1)], "the free one goes to the next that takes it")
        #expect(bench.connected(3) == [Self.send(2, 3)], "the first new one is as good as its own")
        #expect(bench.connected(2) == [])
    }

    // MARK: - What fails

    @Test("An attempt that fails ends the request that waited longest, and no other")
    func attemptFails() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.request(2)
        #expect(bench(.failed(.init(number: 2), .local("r"))) == [Self.notSent(1, .local("r"))])
        #expect(bench.connected(1) == [Self.send(2, 1)])
    }

    @Test("An attempt that no request waits for fails silently")
    func surplusAttemptFails() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.request(2)
        #expect(bench(.cancel(Self.id(1))) == [Self.notSent(1, .ended(Self.cancelled))])
        #expect(bench(.failed(.init(number: 1), .unreachable("r"))) == [])
        #expect(bench.connected(2) == [Self.send(2, 2)])
    }

    @Test("A connection that does not come about in ten seconds is given up, and closed where it comes after all")
    func attemptTakesTooLong() {
        var bench = Bench()
        bench.hidesWakes = false
        #expect(bench.request(1) == [.wake(bench.now + .seconds(30)), .wake(bench.now + .seconds(10)), Self.open(1)])
        bench.now += .seconds(10)
        #expect(bench(.time) == [Self.notSent(1, .unreachable(Self.noConnection)), Self.close(1)])
        #expect(bench.connected(1) == [Self.close(1)])
        #expect(bench(.failed(.init(number: 1), .unreachable("r"))) == [])
    }

    @Test("Where this machine has nothing left for a connection, one that is idle makes room")
    func machineIsFull() {
        var bench = Bench()
        for (number, origin) in [(1, Self.one), (2, Self.two)] {
            _ = bench.request(number, to: origin)
            _ = bench.connected(number)
            _ = bench.answered(number)
        }
        #expect(bench.request(3, fresh: true) == [Self.open(3)])
        #expect(
            bench(.failed(.init(number: 3), .local("r"))) == [Self.notSent(3, .local("r")), Self.close(1)])
    }

    // MARK: - Time

    @Test("A deadline ends a request that waits as not sent and one that is sent as lost")
    func deadlines() {
        var bench = Bench()
        _ = bench.request(1, within: .seconds(5))
        _ = bench.connected(1)
        _ = bench.request(2, within: .seconds(5))
        bench.now += .milliseconds(4999)
        #expect(bench(.time) == [])
        bench.now += .milliseconds(1)
        // No connection came about for the second in all its time.
        #expect(bench(.time) == [Self.close(1), Self.lost(1, Self.late), Self.notSent(2, .ended(Self.noConnection))])
        #expect(bench.connected(2) == [], "its connection is kept")
    }

    @Test(
        "A wait without any connection means that the address is unreachable; a short one means nothing",
        arguments: [(999, false), (1000, true)])
    func unreachable(milliseconds: Int, isUnreachable: Bool) {
        var bench = Bench()
        _ = bench.request(1, within: .milliseconds(milliseconds))
        bench.now += .seconds(2)
        #expect(
            bench(.time) == [
                Self.notSent(1, isUnreachable ? .unreachable(Self.noConnection) : .ended(Self.noConnection))
            ])
    }

    @Test("After a pause of the process nothing is sent whose deadline is over, whatever comes first")
    func afterAPause() {
        var bench = Bench()
        _ = bench.request(1, within: .seconds(5))
        _ = bench.request(2, within: .seconds(500))
        bench.now += .seconds(100)
        #expect(bench.connected(1) == [Self.notSent(1, .ended(Self.noConnection)), Self.send(2, 1)])
        #expect(
            bench.request(3, within: .zero) == [
                Self.notSent(3, .ended("The deadline had passed before the request was sent."))
            ])
    }

    @Test("An answer that comes after the deadline, but before the timer, is the answer")
    func lateAnswer() {
        var bench = Bench()
        _ = bench.request(1, within: .seconds(5))
        _ = bench.connected(1)
        bench.now += .seconds(6)
        #expect(bench.answered(1) == [])
        #expect(bench(.time) == [])
    }

    @Test("It asks to be woken for what is due first, once")
    func wakes() {
        var bench = Bench()
        bench.hidesWakes = false
        #expect(bench.request(1, within: .seconds(5)) == [.wake(bench.now + .seconds(5)), Self.open(1)])
        #expect(bench.request(2, within: .seconds(7)) == [Self.open(2)])
        #expect(bench.request(3, within: .seconds(3)) == [.wake(bench.now + .seconds(3)), Self.open(3)])
        bench.now += .seconds(3)
        #expect(bench(.time).contains(.wake(Self.start + .seconds(5))))
    }

    // MARK: - Ends

    @Test("Cancelled, a request that waits is not sent, one that is sent may have been, and its connection is closed")
    func cancel() {
        var bench = Bench()
        _ = bench.request(1)
        _ = bench.connected(1)
        _ = bench.request(2)
        #expect(bench(.cancel(Self.id(2))) == [Self.notSent(2, .ended(Self.cancelled))])
        #expect(bench(.cancel(Self.id(1))) == [Self.close(1), Self.lost(1, Self.cancelled)])
        #expect(bench(.cancel(Self.id(1))) == [] && bench(.cancel(Self.id(9))) == [])
        #expect(bench(.answered(.init(number: 1), keepAlive: .open, leftOver: false)) == [])
    }

    @Test("A shutdown ends all, and nothing is sent any more")
    func shutDown() {
        var bench = Bench()
        for number in 1...3 { _ = bench.request(number, fresh: number == 3) }
        _ = bench.connected(1)
        _ = bench.connected(2)
        _ = bench.answered(2)
        #expect(
            bench(.shutDown) == [
                Self.lost(1, Self.stopping), Self.notSent(3, .ended(Self.stopping)), Self.close(1), Self.close(2),
                Self.close(3),
            ])
        #expect(bench.connected(3) == [Self.close(3)])
        #expect(bench.request(4) == [Self.notSent(4, .ended(Self.stopping))])
        #expect(bench.pool.size == (0, 0, 0))
    }
}
