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
