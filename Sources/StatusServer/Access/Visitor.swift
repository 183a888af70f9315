import HTTPTypes
import Hummingbird

/// The sender of a request: a reader, or a signed-in user who may act.
struct Visitor: Sendable {
    /// Nil: there are no actions.
    let sessions: Sessions?
    /// Nil: not signed in.
    let session: String?

    static let cookie = "giftbridge_session"

    init(_ request: Request, sessions: Sessions?) {
        self.sessions = sessions
        let id = request.cookies[Self.cookie]?.value
        session = id.flatMap { sessions?.isSignedIn($0) == true ? $0 : nil }
    }

    /// The forms that the user may use; nil: none.
    var forms: ActionForms? {
        guard let sessions, let session else { return nil }
        return ActionForms { sessions.word(for: $0, session: session) }
    }

    /// For the page's head: sign in or out.
    var account: HTML? {
        guard sessions != nil else { return nil }
        return forms?.signOut ?? "<a href=\"/sign-in\">Sign in</a>"
    }

    /// Whether a request comes from a page of this server. Browsers send the origin of a form.
    static func isFromHere(_ request: Request) -> Bool {
        guard let origin = request.headers[.origin], let authority = request.head.authority else { return false }
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }

    /// The cookie of a session; an empty id removes it.
    static func cookie(session: String) -> Cookie {
        Cookie(
            name: cookie, value: session, maxAge: session.isEmpty ? 0 : Int(Sessions.lifetime / .seconds(1)), path: "/",
            secure: false, httpOnly: true, sameSite: .strict)
    }
}
