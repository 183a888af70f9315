import HTTPTypes
import Hummingbird

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
