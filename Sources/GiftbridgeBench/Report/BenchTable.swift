import Glibc
import Synchronization

/// The benchmark's figures as a person reads them: a table for each part, a row as soon as it is measured.
final class BenchTable: Sendable {
    private let part = Mutex(BenchPlan.Part?.none)

    /// Shows a measurement, under its part's heading.
    func show(_ measurement: Measurement) {
        part.withLock { part in
            guard part != measurement.part else { return }
            part = measurement.part
            print("\n\(measurement.part.title)")
            let names = measurement.details.map { ($0.column, $0) }
            print(Self.row(measurement.part, "", median: "median", range: "min–max", unit: "", details: names))
        }
        let values = measurement.details.map { (Self.figure($0.value), $0) }
        print(
            Self.row(
                measurement.part, measurement.name, median: Self.figure(measurement.median),
                range: "\(Self.figure(measurement.minimum))–\(Self.figure(measurement.maximum))",
                unit: measurement.unit,
                details: values))
        fflush(nil)
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
        print(build)
    }

    private static func row(
        _ part: BenchPlan.Part, _ name: String, median: String, range: String, unit: String,
        details: [(text: String, of: Measurement.Detail)]
    ) -> String {
        var row = "  " + name.padded(part.nameWidth)
        row += median.padded(8, right: true) + "  "
        row += range.padded(15) + " "
        row += unit.padded(11)
        for detail in details { row += "  " + detail.text.padded(width(of: detail.of), right: true) }
        return row
    }

    private static func width(of detail: Measurement.Detail) -> Int { max(detail.column.count, 7) }

    /// Three digits or more, thousands with commas.
    static func figure(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        guard value != 0 else { return "0" }
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
        case .drain:
            "Drain of a backlog, from the first request's arrival to the last order's end; CPU time of one order"
        case .shops: "Drain of a backlog of many shops, an allowance each, against one of one shop"
        case .latency: "Latency of one order at a time on an idle system"
        case .idle: "A worker without work"
        case .start: "Start with an order waiting"
        case .growth: "Growth: claim and settle of 100 orders in SQL alone"
        case .insert: "The shop's inserts, and what NOTIFY and all triggers cost it"
        case .allowance: "The vendor's allowance"
        }
    }

    /// The longest of its measurements' names.
    fileprivate var nameWidth: Int {
        switch self {
        case .limits: 44
        case .drain: 26
        case .shops: 40
        case .latency, .start: 40
        case .idle: 20
        case .growth: 42
        case .insert, .allowance: 24
        }
    }
}

extension String {
    /// Fills up with spaces to a width in characters.
    fileprivate func padded(_ width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return right ? fill + self : self + fill
    }
}
