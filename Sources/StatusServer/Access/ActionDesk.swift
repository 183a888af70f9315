import Giftbridge
import HTTPTypes
import Hummingbird
import LibPQ
import Logging

/// Signs users in and out, and performs their actions after checking that the request comes from them.
struct ActionDesk {
    let sessions: Sessions
    let conninfo: String
    let logger: Logger
    /// Called after an action: what was read before is out of date.
    let onDone: @Sendable () async -> Void

    func add(to router: Router<StatusContext>) {
        router.get("sign-in") { request, _ in page(request, problem: nil) }
        router.post("sign-in") { request, context in try await signIn(request, from: context.remoteAddress) }
        router.post("sign-out") { request, _ in
            let (visitor, _) = try await checked(request)
            if let session = visitor.session { sessions.leave(session) }
            return Self.redirect(to: "/", session: "")
        }
        router.post("orders/{id}/{action}") { request, context in
            let id = try context.parameters.require("id", as: Int.self)
            let name = try context.parameters.require("action")
            let (_, form) = try await checked(request)
            guard let action = Self.action(name, form) else { throw HTTPError(.notFound) }
            return await perform(name, then: "/orders/\(id)") { try await action.perform(on: [id], over: $0) { _ in } }
        }
        router.post("shops/pause") { request, _ in
            let (_, form) = try await checked(request)
            return await perform("pause", then: "/") {
                try await ShopAction.pause(reason: form.text("reason")).perform(on: form["shop"] ?? "", over: $0)
            }
        }
        router.post("shops/resume") { request, _ in
            let (_, form) = try await checked(request)
            return await perform("resume", then: "/") {
                try await ShopAction.resume.perform(on: form["shop"] ?? "", over: $0)
            }
        }
    }

    private static func action(_ name: String, _ form: [String: String]) -> OrderAction? {
        switch name {
        case "retry": .retry
        case "cancel": .cancel
        case "resolve-unsold": .resolveUnsold
        case "resolve-sold":
            form.text("reference").map { reference in
                let codes = form.text("codes")?.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
                return .resolveSold(reference: reference, codes: codes)
            }
        default: nil
        }
    }

    // MARK: Checks

    /// The form of a request that comes from a page of this server, from a user who is signed in and was given that form.
    ///
    /// - Throws: `HTTPError` 403 for anything else.
    private func checked(_ request: Request) async throws -> (Visitor, [String: String]) {
        let visitor = Visitor(request, sessions: sessions)
        guard let session = visitor.session else { throw HTTPError(.forbidden) }
        let form = try await Self.form(request)
        let name = ActionForms.name(request.uri.path, about: form["shop"])
        guard sessions.accepts(form["word"] ?? "", for: name, session: session) else { throw HTTPError(.forbidden) }
        return (visitor, form)
    }

    private static func form(_ request: Request) async throws -> [String: String] {
        guard Visitor.isFromHere(request) else { throw HTTPError(.forbidden) }
        let body = try await request.body.collect(upTo: 16 * 1024)
        return try URLEncodedFormDecoder().decode([String: String].self, from: String(buffer: body))
    }

    // MARK: Answers

    private func signIn(_ request: Request, from address: String) async throws -> Response {
        let form = try await Self.form(request)
        switch sessions.enter(token: form["token"] ?? "", from: address) {
        case .entered(let session):
            logger.notice("Operator signed in on the status page.")
            return Self.redirect(to: "/", session: session)
        case .wrong:
            logger.warning("Sign-in on the status page failed: wrong token.")
            return page(request, problem: "Wrong token.", status: .forbidden)
        case .later:
            return page(request, problem: "Too many wrong tokens. Try again in a minute.", status: .tooManyRequests)
        }
    }

    private func page(_ request: Request, problem: String?, status: HTTPResponse.Status = .ok) -> Response {
        let content: HTML = """
            <section class="narrow"><h1>Sign in</h1>
            <p class="quiet">Sign in with the worker's GIFTBRIDGE_HTTP_TOKEN to retry, cancel and resolve orders, and to \
            pause shops.</p>
            \(problem.map { "<p class=\"reason\" role=\"alert\">\($0)</p>" as HTML })
            <form class="stack" method="post" action="/sign-in">
            <label>Token<input type="password" name="token" required maxlength="500" autocomplete="current-password"></label>
            <button class="primary">Sign in</button></form></section>
            """
        return .page(
            Layout(
                title: "Sign in", isLive: false, account: Visitor(request, sessions: sessions).account, content: content
            ),
            status: status)
    }

    /// Performs an action over its own connection, and redirects to the page that shows the result.
    private func perform(_ name: String, then path: String, _ act: @Sendable (Connection) async throws -> Void) async
        -> Response
    {
        let response = await attempt(name, then: path, act)
        await onDone()
        return response
    }

    private func attempt(_ name: String, then path: String, _ act: @Sendable (Connection) async throws -> Void) async
        -> Response
    {
        do {
            let options = ConnectionOptions(
                connectTimeout: .seconds(5), commandTimeout: .seconds(10), applicationName: "giftbridge http action",
                requiresPrimary: true)
            let connection = try await Connection.open(conninfo, options: options, logger: logger)
            do {
                try await act(connection)
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
        } catch let error as ServerError {
            return Self.refusal(error.message, back: path, status: .conflict)
        } catch {
            return Self.refusal("\(error)", back: path, status: .serviceUnavailable)
        }
        logger.notice("Operator action on the status page.", metadata: ["action": "\(name)", "page": "\(path)"])
        return Self.redirect(to: "\(path)?done=\(name)", session: nil)
    }

    private static func refusal(_ reason: String, back path: String, status: HTTPResponse.Status) -> Response {
        let content: HTML = """
            <div class="headline bad" role="alert"><h1>Action failed.</h1><ul><li>\(reason)</li></ul></div>
            <p><a href="\(path)">Back</a></p>
            """
        return .page(Layout(title: "Action failed", isLive: false, content: content), status: status)
    }

    private static func redirect(to path: String, session: String?) -> Response {
        var response = Response(status: .seeOther, headers: [.location: path])
        if let session { response.setCookie(Visitor.cookie(session: session)) }
        return response
    }
}

extension [String: String] {
    /// The text of a field; nil if it is blank.
    fileprivate func text(_ field: String) -> String? {
        self[field].flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }
}
