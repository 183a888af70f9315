import Bench
import Synchronization

/// The benchmark's figures as a person reads them: a table for each part, a row as soon as it is measured.
final class BenchTable: Sendable {
    private let part = Mutex(BenchPlan.Part?.none)
    private static let nameWidth = 50
    private static let figureWidth = 10

    /// Shows a measurement, under its part's heading.
    func show(_ measurement: Measurement) {
        part.withLock { part in
            guard part != measurement.part else { return }
            part = measurement.part
            print("\n\(measurement.part.title)")
            let names = measurement.details.map { ($0.name, $0) }
            print(Self.row("", median: "median", range: "min–max", unit: "", details: names))
        }
        let values = measurement.details.map { (Self.figure($0.value), $0) }
        print(
            Self.row(
                measurement.name, median: Self.figure(measurement.median),
                range: "\(Self.figure(measurement.minimum))–\(Self.figure(measurement.maximum))",
                unit: measurement.unit,
                details: values))
        flushStandardOutput()
    }

    /// Shows what was measured on.
    func end(_ report: BenchReport) {
        let machine = report.machine
        let durability = machine.durability.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let place = machine.directory.map { ", on \($0)" } ?? ""
        let build = machine.isRelease ? "release build" : "debug build"
        print()
        print("\(machine.cores) cores, \(machine.processor), \(machine.memory >> 30) GiB, Linux \(machine.kernel);")
        print("PostgreSQL \(machine.postgres), \(durability.joined(separator: " "))\(place);")
        print("giftbridge \(GiftbridgeCommand.version), \(build)")
    }

    private static func row(
        _ name: String, median: String, range: String, unit: String, details: [(text: String, of: Measurement.Detail)]
    ) -> String {
        var row = "  " + name.padded(nameWidth)
        row += median.padded(figureWidth, right: true) + "  "
        row += range.padded(15) + " "
        row += unit.padded(13)
        for detail in details { row += "  " + detail.text.padded(width(of: detail.of), right: true) }
        return row
    }

    private static func width(of detail: Measurement.Detail) -> Int { max(detail.name.count, 7) }

    /// Three digits or more, thousands with commas.
    static func figure(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let decimals = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 3
        let scale = [1, 10, 100, 1000][decimals]
        let scaled = Int((abs(value) * Double(scale)).rounded())
        var digits = String(scaled / scale)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        let whole = ([digits[...]] + groups).joined(separator: ",")
        let fraction = decimals == 0 ? "" : "." + String(String(scale + scaled % scale).dropFirst())
        return (value < 0 && scaled > 0 ? "-" : "") + whole + fraction
    }
}

extension BenchPlan.Part {
    fileprivate var title: String {
        switch self {
        case .limits: "Limits of this machine, without the bridge"
        case .drain: "Drain of a backlog: from the first request's arrival to the last order's end; CPU per order"
        case .latency: "Latency, one order at a time on an idle system"
        case .idle: "A worker without work"
        case .start: "Start, with an order waiting"
        case .growth: "Growth: what 100 orders cost in SQL alone (claim and settle)"
        case .insert: "The shop's inserts, and what the triggers cost"
        case .allowance: "The vendor's allowance"
        }
    }
}
