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
