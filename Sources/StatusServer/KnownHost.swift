import Giftbridge
import HTTPTypes
import Hummingbird

/// Refuses requests that reached a loopback address under a foreign name (DNS rebinding): a page on the internet whose name
/// is changed to point to this machine must not be able to read this server's pages.
struct KnownHost: RouterMiddleware {
    typealias Context = StatusContext

    func handle(
        _ request: Request, context: StatusContext,
        next: (Request, StatusContext) async throws -> Response
    ) async throws -> Response {
        guard let authority = request.head.authority, Loopback.contains(Self.host(authority)) else {
            return .text("This address can only be used as localhost or 127.0.0.1.\n", status: .misdirectedRequest)
        }
        return try await next(request, context)
    }

    /// The host of `host`, `host:port` or `[v6]:port`.
    static func host(_ authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return authority }
        return String(authority[..<colon])
    }
}
