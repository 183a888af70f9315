import Giftbridge

/// The database's part of the first page.
struct FrontPage: Sendable {
    let overview: Overview
    let soldByMinute: [Int]

    init(_ desk: OperatorDesk) async throws {
        overview = try await desk.overview()
        soldByMinute = try await desk.soldByMinute()
    }
}
