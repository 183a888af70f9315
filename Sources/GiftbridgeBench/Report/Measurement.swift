/// One figure of the benchmark: repeated, with its unit and what is worth knowing beside it.
struct Measurement: Sendable, Encodable {
    /// The part of the benchmark that it is from.
    let part: BenchPlan.Part
    /// What was measured.
    let name: String
    /// The unit of the values.
    let unit: String
    /// One per run, in their order.
    let values: [Double]
    /// What was seen beside it, medians over the runs: CPU per order, for instance.
    let details: [Detail]

    /// A figure beside a measurement.
    struct Detail: Sendable {
        /// Its key in JSON, with the unit.
        let name: String
        /// Its column's heading in a table.
        let column: String
        /// The median over the runs; not a number: not known.
        let value: Double

        init(_ name: String, _ column: String, _ values: [Double]) {
            self.name = name
            self.column = column
            value = values.median
        }
    }

    /// The median: of an even number of values the mean of the two in the middle.
    var median: Double { values.median }
    /// The least.
    var minimum: Double { values.min() ?? .nan }
    /// The most.
    var maximum: Double { values.max() ?? .nan }

    init(
        _ part: BenchPlan.Part, _ name: String, unit: String, _ values: [Double], _ details: [Detail] = []
    ) {
        self.part = part
        self.name = name
        self.unit = unit
        self.values = values
        self.details = details
    }

    private enum CodingKeys: CodingKey {
        case part, name, unit, median, minimum, maximum, values, details
    }

    /// Encodes the values and what follows from them; the details by name.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(part.rawValue, forKey: .part)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encode(median, forKey: .median)
        try container.encode(minimum, forKey: .minimum)
        try container.encode(maximum, forKey: .maximum)
        try container.encode(values, forKey: .values)
        try container.encode(
            Dictionary(
                details.filter(\.value.isFinite).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
            forKey: .details)
    }
}

extension [Double] {
    var median: Double { percentile(50) }

    /// The value below which this percentage lies, interpolated; not a number where there are none.
    func percentile(_ percent: Double) -> Double {
        guard let last = indices.last else { return .nan }
        let sorted = sorted()
        let position = Double(last) * percent / 100
        let lower = Int(position)
        let upper = Swift.min(lower + 1, last)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }
}
