import LibPQ
import SmartGift

/// The request for an order as it would be sent, without the key. It has the order's personal data and codes.
public struct RequestPreview: Sendable {
    /// `POST` goes here.
    public let url: String
    /// The request's exact bytes, except that codes assigned by Giftbridge are `ASSIGNED-BY-GIFTBRIDGE` until the order is
    /// completed.
    public let body: [UInt8]
    /// Giftbridge assigned codes; they are hidden until the order is completed.
    public let hidesCodes: Bool
    /// The order's status.
    public let status: OrderStatus?

    /// Replaces an assigned code; no real code can be equal to it.
    public static let placeholder = "ASSIGNED-BY-GIFTBRIDGE"

    /// Builds the request for an order. Sends nothing and changes nothing.
    ///
    /// - Parameters:
    ///   - id: `giftbridge.orders.id`.
    ///   - apiURL: The vendor's base URL for shops without their own.
    ///   - connection: As a role that may read orders.
    /// - Returns: Nil if there is no such order.
    /// - Throws: An error of one sentence if the row cannot become a request.
    package init?(of id: Int, apiURL: String, over connection: Connection) async throws {
        guard let row = try await connection.query(SQL.Reading.preview, [.int(id)]).first else { return nil }
        hidesCodes = try row.bool("has_assigned_codes")
        status = OrderStatus(rawValue: try row.text("status"))
        var url = apiURL
        if let shopURL = try row.optionalText("api_url") {
            url = try APIURL(parsing: shopURL, variable: "api_url of shop \(try row.text("shop"))").text
        }
        self.url = url + "/pos-sale"
        var sale = try PosSale(
            row, assignedCodes: try row.optionalTextArray("assigned_codes") ?? [], column: \.columnName)
        if hidesCodes {
            for index in sale.items.indices where sale.items[index].code == nil {
                sale.items[index].code = Self.placeholder
            }
        }
        body = sale.body()
    }

    /// The body, indented; only white space between its tokens is added.
    public var indentedBody: String { String(decoding: Self.indented(body), as: UTF8.self) }

    /// Compact JSON, indented.
    static func indented(_ json: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        func newLine() { output += [UInt8(ascii: "\n")] + [UInt8](repeating: UInt8(ascii: " "), count: depth * 2) }
        for byte in json {
            guard !isInString else {
                output.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                output.append(byte)
                depth += 1
                newLine()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                newLine()
                output.append(byte)
            case UInt8(ascii: ","):
                output.append(byte)
                newLine()
            case UInt8(ascii: ":"): output += [byte, UInt8(ascii: " ")]
            default:
                isInString = byte == UInt8(ascii: "\"")
                output.append(byte)
            }
        }
        return output
    }
}
