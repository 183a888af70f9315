/// A sale request that fulfils every rule, before it has a reference and all its codes.
struct SaleDraft: Equatable, Sendable {
    struct Item: Equatable, Sendable {
        let id: Int
        let price: String
        let priceSent: String?
        let persons: Int
        /// The requested code; nil: the sandbox creates one.
        let code: String?
        let to: String?
        let from: String?
        let message: String?
    }

    var items: [Item]
    let customer: Sale.Contact
    let deliveryMethod: Int
    let delivery: Sale.Contact
    let dateSent: String?
    let deliversOn: String?
    let paymentMethod: Int
    let orderID: String?

    /// This draft without what follows its first item.
    var firstItemOnly: SaleDraft {
        var draft = self
        draft.items = Array(items.prefix(1))
        return draft
    }
}
