import HTTPTypes

/// The vendor's paths that the sandbox knows.
enum Route {
    case sale
    case vouchers
    case paymentMethods
    case redeemCheck

    /// The route of a path without its query; nil for an unknown one.
    init?(path: String) {
        switch path {
        case "/pos-sale": self = .sale
        case "/vouchers": self = .vouchers
        case "/payment-methods": self = .paymentMethods
        case "/redeem/check": self = .redeemCheck
        default: return nil
        }
    }

    /// The one method that it knows.
    var method: HTTPRequest.Method {
        switch self {
        case .sale, .redeemCheck: .post
        case .vouchers, .paymentMethods: .get
        }
    }
}
