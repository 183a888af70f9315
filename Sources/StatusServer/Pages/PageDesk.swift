import Giftbridge
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages for reading. They change nothing.
struct PageDesk {
    let observed: Observed
    let sessions: Sessions?

    func add(to router: Router<StatusContext>) {
        router.get("/") { request, _ in await overview(request) }
        router.get("orders") { request, _ in try await orders(request) }
        router.get("orders/{id}") { request, context in
            try await order(context.parameters.require("id", as: Int.self), request)
        }
        router.get("assets/{name}") { _, context in
            guard let asset = Asset(rawValue: try context.parameters.require("name")) else {
                throw HTTPError(.notFound)
            }
            return asset.response
        }
    }

    private func overview(_ request: Request) async -> Response {
        let visitor = Visitor(request, sessions: sessions)
        var page = OverviewPage(page: nil, counts: observed.metrics.counts, forms: visitor.forms)
        do {
            page = OverviewPage(page: try await observed.frontPage.value(), counts: page.counts, forms: page.forms)
        } catch {
            page.fault = "\(error)"
        }
        return respond("Overview", page.html, request, visitor)
    }

    private func orders(_ request: Request) async throws -> Response {
        let visitor = Visitor(request, sessions: sessions)
        let query = request.uri.queryParameters
        let name = query["q"].map { $0.trimmed }.flatMap { $0.isEmpty ? nil : $0 }
        var search = OrderSearch()
        search.shop = query["shop"].map(String.init)
        search.status = query["status"].flatMap { OrderStatus(rawValue: String($0)) }
        search.needsAttention = query["needs"] == "attention"
        return await answered(visitor) { [search] in
            guard let name else {
                let orders = try await observed.database.read { try await OperatorDesk($0).orders(search) }
                return respond("Orders", OrdersPage(search: search, name: nil, orders: orders).html, request, visitor)
            }
            let found = try await observed.database.read { connection -> [OrderSummary] in
                let desk = OperatorDesk(connection)
                var found: [OrderSummary] = []
                for id in try await desk.find(name).prefix(search.limit) {
                    if let story = try await desk.story(of: id) { found.append(story.order) }
                }
                return found
            }
            if found.count == 1, let order = found.first {
                return Response(status: .seeOther, headers: [.location: "/orders/\(order.id)"])
            }
            let page = OrdersPage(search: search, name: name, orders: found)
            return respond("Orders", page.html, request, visitor, search: name)
        }
    }

    private func order(_ id: Int, _ request: Request) async throws -> Response {
        let visitor = Visitor(request, sessions: sessions)
        return await answered(visitor) {
            guard let story = try await observed.database.read({ try await OperatorDesk($0).story(of: id) }) else {
                let content: HTML = "<h1>No order \(id)</h1><p><a href=\"/orders\">All orders</a></p>"
                return respond("No order \(id)", content, request, visitor, status: .notFound)
            }
            return respond(
                "Order \(story.order.name)", OrderPage(story: story, forms: visitor.forms).html, request, visitor)
        }
    }

    /// A page, or one that says that the database does not respond.
    private func answered(_ visitor: Visitor, _ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch {
            let layout = Layout(
                title: "No database", account: visitor.account, content: Headline(fault: "\(error)").html)
            return .page(layout, status: .serviceUnavailable)
        }
    }

    private func respond(
        _ title: String, _ content: HTML, _ request: Request, _ visitor: Visitor, search: String = "",
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let note: HTML? = request.uri.queryParameters["done"].flatMap { Self.notes[String($0)] }
            .map { "<p class=\"note\" role=\"status\">\($0)</p>" }
        let layout = Layout(
            title: title, search: search, account: visitor.account, content: "\(note)\(content)")
        return .page(layout, status: status)
    }

    /// Notes about finished actions, by the action's name.
    private static let notes = [
        "retry": "The order will be sent again.", "cancel": "The order is cancelled.",
        "resolve-sold": "The order is completed.", "resolve-unsold": "The order will be sent again.",
        "pause": "The shop is paused.", "resume": "The shop is resumed.",
    ]
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
