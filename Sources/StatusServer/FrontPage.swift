import Giftbridge

/// What the first page shows of the database, read at once.
struct FrontPage: Sendable {
    let overview: Overview
    let soldByMinute: [Int]

    init(_ desk: OperatorDesk) async throws {
        overview = try await desk.overview()
        soldByMinute = try await desk.soldByMinute()
    }
}
