import Giftbridge
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore

/// The paths and their handlers.
struct Routes {
    let observed: Observed
    let pages: PageDesk
    /// Nil: there are no actions.
    let actions: ActionDesk?
    /// Whether only this machine can reach the address.
    let isLoopback: Bool

    func router() -> Router<StatusContext> {
        let router = Router(context: StatusContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            SafeHeaders()
            if isLoopback { KnownHost() }
        }
        router.get("healthz") { [observed] _, _ in
            Self.verdict(observed.sickness.map { [$0] } ?? [])
        }
        router.get("readyz") { [observed] _, _ in
            Self.verdict(await observed.hindrances())
        }
        router.get("metrics") { [observed] _, _ in
            Response.text(await observed.metricsText(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("status.json") { [observed] _, _ in
            Response.text(try await observed.statusJSON(), type: "application/json; charset=utf-8")
        }
        pages.add(to: router)
        actions?.add(to: router)
        return router
    }

    /// 200 and `ok`, or 503 and the problems, one per line.
    private static func verdict(_ problems: [String]) -> Response {
        problems.isEmpty
            ? .text("ok\n") : .text(problems.map { $0 + "\n" }.joined(), status: .serviceUnavailable)
    }
}

extension Response {
    /// A text answer.
    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Headers of every answer: its date; no caching; no scripts or styles from elsewhere; no embedding in frames.
struct SafeHeaders: RouterMiddleware {
    typealias Context = StatusContext

    private static let fields: HTTPFields = {
        var fields: HTTPFields = [
            .cacheControl: "no-store",
            .contentSecurityPolicy: "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                + "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            .xContentTypeOptions: "nosniff",
        ]
        for (name, value) in [
            ("Referrer-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "interest-cohort=()"),
        ] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }()

    func handle(
        _ request: Request, context: StatusContext,
        next: (Request, StatusContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError {
            response = .text("\(error.status.code) \(error.status.reasonPhrase)\n", status: error.status)
        }
        response.headers[.date] = HTTPDate.text()
        for field in Self.fields where response.headers[field.name] == nil { response.headers.append(field) }
        return response
    }
}

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

/// What a route knows about a request besides the request itself: where it comes from.
struct StatusContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address without its port; for IPv6 only the network, because one machine can use all addresses of its network.
    let remoteAddress: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress.peer
    }
}

/// The time as HTTP's `Date` has it ([RFC 9110 §5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)), for instance
/// `Sun, 06 Nov 1994 08:49:37 GMT`. Up to Swift 6.3 Foundation has no style for it on Linux.
enum HTTPDate {
    /// - Parameter time: Seconds since 1970; default: now.
    static func text(_ time: time_t = time(nil)) -> String {
        var time = time
        var parts = tm()
        gmtime_r(&time, &parts)
        // The names are English, because this program never calls setlocale.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            let count = strftime(text.baseAddress, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: text.prefix(count).lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
