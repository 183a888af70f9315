import Giftbridge
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

/// The forms with which a signed-in user acts. Each sends its own secret word.
struct ActionForms: Sendable {
    /// The word of a form.
    let word: @Sendable (String) -> String

    /// Sign out, in the page's head.
    var signOut: HTML {
        form("/sign-out", content: "<button class=\"link\">Sign out</button>")
    }

    /// The actions for an order in its status; nil: none.
    func order(_ order: OrderSummary) -> HTML? {
        let path = "/orders/\(order.id)"
        let forms: [HTML]
        switch order.status {
        case .rejected, .failed:
            forms = [form("\(path)/retry", content: "<button class=\"primary\">Send it again</button>")]
        case .pending:
            forms = [form("\(path)/cancel", content: "<button>Cancel the order</button>")]
        case .inDoubt:
            forms = [
                """
                <details><summary>The vendor has the sale</summary>\
                \(form("\(path)/resolve-sold", content: """
                    <label>Reference at the vendor<input name="reference" required maxlength="200" autocomplete="off"></label>
                    <label>Voucher codes, separated by commas; leave empty to use the codes that were sent
                    <input name="codes" maxlength="4000" autocomplete="off"></label>
                    <button class="primary">It was sold</button>
                    """))</details>
                """,
                """
                <details><summary>The vendor has no such sale</summary>\
                \(form("\(path)/resolve-unsold", content: """
                    <p>The order is sent again with the same codes.</p><button class="primary">It was not sold</button>
                    """))</details>
                """,
            ]
        case .submitting, .completed, .cancelled: return nil
        }
        return "<div class=\"actions\">\(forms)</div>"
    }

    /// Pause or resume.
    func shop(_ queue: ShopQueue) -> HTML {
        queue.paused
            ? form("/shops/resume", about: queue.shop, content: "<button>Resume</button>")
            : """
            <details><summary>Pause</summary>\(form("/shops/pause", about: queue.shop, content: """
                <label>Reason<input name="reason" required maxlength="200" autocomplete="off"></label><button>Pause it</button>
                """))</details>
            """
    }

    /// The name of a form, for which a word is issued.
    static func name(_ path: String, about shop: String? = nil) -> String {
        shop.map { "\(path) \($0)" } ?? path
    }

    private func form(_ path: String, about shop: String? = nil, content: HTML) -> HTML {
        """
        <form class="stack" method="post" action="\(path)"><input type="hidden" name="word" value="\(word(Self.name(path, about: shop)))">\
        \(shop.map { "<input type=\"hidden\" name=\"shop\" value=\"\($0)\">" as HTML })\(content)</form>
        """
    }
}
