import ArgumentParser
import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `giftbridge preview`: the request that an order makes.
struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the exact request that an order makes; send nothing.",
        discussion: """
            It has the order's personal data and codes, and not the key. A code that the bridge makes when it first sends the \
            order is shown as \(RequestPreview.placeholder).
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id: giftbridge.orders.id.") var id: Int
    @Option(help: "The vendor's base URL. [GIFTBRIDGE_API_URL; default: \(BridgeConfiguration.productionURL)]")
    var apiUrl: String?
    @Flag(help: "Only the body, byte for byte as it is sent.") var raw = false

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
