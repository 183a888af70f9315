import ArgumentParser
import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `giftbridge preview`: the request that would be sent for an order.
struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the exact request for an order, without sending it.",
        discussion: """
            The request contains the order's personal data and the codes that the shop chose, but not the key. Codes assigned by \
            Giftbridge are shown as \(RequestPreview.placeholder) until the order is completed.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id (giftbridge.orders.id).") var id: Int
    @Option(help: "The vendor's base URL. [GIFTBRIDGE_API_URL; default: \(BridgeConfiguration.productionURL)]")
    var apiUrl: String?
    @Flag(help: "Print only the body, exactly as it would be sent.") var raw = false

    func run() async throws {
        let apiURL = try BridgeConfiguration.apiURL(
            flags: apiUrl.map { ["GIFTBRIDGE_API_URL": $0] } ?? [:], environment: ProcessInfo.processInfo.environment,
            file: database.file())
        let preview = try await database.session("preview") { connection in
            try await RequestPreview(of: id, apiURL: apiURL, over: connection)
        }
        guard let preview else { throw NoSuchOrder(name: "\(id)") }
        guard !raw else { return print(String(decoding: preview.body, as: UTF8.self)) }
        print("POST \(preview.url)")
        print("Smart-Auth: (the shop's key)\nContent-Type: application/json\nAccept: application/json\n")
        print(preview.indentedBody)
    }
}
