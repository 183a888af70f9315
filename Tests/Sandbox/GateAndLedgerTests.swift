import Testing

@testable import Sandbox

@Suite("The sandbox's gate and ledger, without a network")
struct GateAndLedgerTests {
    @Test("A window opens with its first request, closes a set time later, and refused requests do not extend it")
    func fixedWindow() {
        var limiter = RateLimiter(limit: 2, length: 60)
        let moments: [Double] = [100, 130, 131, 159.9, 160, 161, 162]
        let verdicts = moments.map { limiter.admit(key: "a", at: $0) }
        #expect(verdicts.map(\.isGranted) == [true, true, false, false, true, true, false])
        #expect(verdicts.map(\.remaining) == [1, 0, 0, 0, 1, 0, 0])
        #expect(verdicts.map(\.resetAt) == [160, 160, 160, 160, 220, 220, 220])
    }

    @Test("Each key has an allowance of its own")
    func keysAreApart() {
        var limiter = RateLimiter(limit: 1, length: 60)
        let keys = ["a", "b", "a", "b"]
        #expect(keys.map { limiter.admit(key: $0, at: 0).isGranted } == [true, true, false, false])
    }

    @Test("The pace is the most that one key sent in any stretch of the window's length")
    func pace() {
        var pace = RequestPace(length: 60)
        for moment in [0, 30, 59, 61, 62, 63, 200] as [Double] { pace.note(key: "a", at: moment) }
        pace.note(key: "b", at: 61)
        #expect(pace.most == 5)
    }

    @Test("A fault for an order waits for it; one for any order takes the next; both are used up")
    func queuedFaults() {
        var plan = FaultPlan(rate: 0, kinds: [])
        var draw = Draw(seed: 1)
        _ = plan.add(FaultPlan.Entry(kind: .status(500), orderID: nil, times: 2))
        _ = plan.add(FaultPlan.Entry(kind: .closeAfter, orderID: "7", times: 1))
        let struck = ["7", "7", nil, "7"].map { plan.strike(orderID: $0, draw: &draw)?.kind }
        #expect(struck == [.closeAfter, .status(500), .status(500), nil])
    }

    @Test("A fault given back is the next one again")
    func faultGivenBack() throws {
        var plan = FaultPlan(rate: 0, kinds: [])
        var draw = Draw(seed: 1)
        _ = plan.add(FaultPlan.Entry(kind: .missingReference, orderID: nil, times: 1))
        plan.giveBack(try #require(plan.strike(orderID: nil, draw: &draw)))
        #expect(plan.strike(orderID: nil, draw: &draw)?.kind == .missingReference)
        #expect(plan.strike(orderID: nil, draw: &draw) == nil)
    }

    @Test("Chance is the same for the same seed, order and visit, and about as frequent as its rate")
    func chanceIsReproducible() {
        func strikes(seed: UInt64) -> [FaultKind?] {
            var plan = FaultPlan(rate: 0.25, kinds: FaultKind.doubtful)
            return (0..<2_000).map { number in
                var draw = Draw(seed: seed, orderID: "order-\(number / 2)", visit: number % 2)
                return plan.strike(orderID: nil, draw: &draw)?.kind
            }
        }
        #expect(strikes(seed: 1) == strikes(seed: 1))
        #expect(strikes(seed: 1) != strikes(seed: 2))
        #expect((400...600).contains(strikes(seed: 1).compactMap(\.self).count))
        #expect(Set(strikes(seed: 1).compactMap(\.self)) == Set(FaultKind.doubtful))
    }

    @Test("Every kind of fault has a name of its own that leads back to it", arguments: FaultKind.all)
    func kindsHaveNames(kind: FaultKind) {
        #expect(FaultKind(name: kind.name) == kind)
        #expect(kind.name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" })
    }

    @Test("A configuration out of range is refused with the field's name")
    func configurationIsChecked() {
        func field(_ change: (inout SandboxConfiguration) -> Void) -> String? {
            var configuration = SandboxConfiguration()
            change(&configuration)
            do {
                try configuration.validate()
                return nil
            } catch {
                return error.field
            }
        }
        #expect(field { _ in } == nil)
        #expect(field { $0.host = "0.0.0.0" } == "host")
        #expect(field { $0.host = "127.example.com" } == "host")
        #expect(field { $0.host = "127.0.0.2" } == nil)
        #expect(field { ($0.host, $0.allowsAnyHost) = ("0.0.0.0", true) } == nil)
        #expect(field { $0.port = 70_000 } == "port")
        #expect(field { $0.key = "" } == "key")
        #expect(field { $0.rateLimit = 0 } == "rateLimit")
        #expect(field { $0.rateLimit = nil } == nil)
        #expect(field { $0.faultRate = 1.5 } == "faultRate")
        #expect(field { ($0.faultRate, $0.faultKinds) = (0.5, []) } == "faultKinds")
        #expect(field { $0.referencePrefix = "A\nB" } == "referencePrefix")
        #expect(field { $0.referencePrefix = "" } == nil)
        #expect(field { $0.latency = .fixed(.seconds(-1)) } == "latency")
    }

    @Test("A taken order id is renamed, and every reference stays unique")
    func takenOrderIDIsRenamed() {
        var names = TakenNames(seed: 1)
        let wanted: [String?] = ["123", "123", "123-2", "123", nil, "SG-5", nil, "abc", "ABC"]
        let references = wanted.enumerated().map { names.takeReference(orderID: $1, sequence: $0 + 1) }
        #expect(
            references == ["123", "123-2", "123-2-2", "123-3", "SG-5", "SG-5-2", "SG-7", "abc", "ABC-2"]
        )
    }

    @Test("Codes made are alphanumeric, unique, and the same for the same seed")
    func madeCodes() {
        var first = TakenNames(seed: 7)
        var second = TakenNames(seed: 7)
        let codes = (1...500).map { first.takeMadeCode(for: $0) }
        #expect(codes == (1...500).map { second.takeMadeCode(for: $0) })
        #expect(Set(codes).count == 500)
        #expect(codes.allSatisfy { $0.count == 12 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        #expect(first.sequence(ofCode: codes[9].lowercased()) == 10)
    }

    @Test("A bounded log keeps the newest, by number")
    func boundedLog() {
        var log = BoundedLog<Int>(capacity: 3)
        for number in 1...5 { log.append(number * 10) }
        #expect(log.entries() == [30, 40, 50])
        #expect(log.entries(after: 3) == [40, 50])
        #expect(log.entries(after: 0, limit: 2) == [30, 40])
        #expect(log.entries(after: 5).isEmpty)
        #expect(log[2] == nil)
        #expect(log[3] == 30)
        log[5] = 55
        log[2] = 22
        #expect(log.entries() == [30, 40, 55])
    }
}
