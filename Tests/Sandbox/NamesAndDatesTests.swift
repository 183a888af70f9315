import Testing

@testable import Sandbox

@Suite("The sandbox's names and dates")
struct NamesAndDatesTests {
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

    @Test(
        "A moment's day is that of the calendar",
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"), (4_107_542_400, "2100-03-01"),
        ] as [(Double, String)]
    )
    func day(unixSeconds: Double, day: String) {
        #expect(CivilDate(unixSeconds: unixSeconds).description == day)
        #expect(CivilDate(day) == CivilDate(unixSeconds: unixSeconds))
    }

    @Test(
        "What is no day is nil", arguments: ["", "2025-13-01", "2025-00-10", "2025-04-31", "2025-4-1", "2025-04-01x"])
    func wrongDay(text: String) {
        #expect(CivilDate(text) == nil)
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
