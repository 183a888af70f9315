import LibPQ

extension ConnectionOptions {
    /// Options of one of the worker's connections.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    static func giftbridge(_ purpose: String) -> ConnectionOptions {
        ConnectionOptions(
            connectTimeout: .seconds(10), commandTimeout: .seconds(30), applicationName: "giftbridge \(purpose)",
            requiresPrimary: true)
    }
}
