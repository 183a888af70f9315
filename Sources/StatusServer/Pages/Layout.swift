import HTTPTypes
import Hummingbird
import NIOCore

/// The frame of every page.
struct Layout {
    let title: String
    /// The text in the search box.
    var search = ""
    /// Whether the page is refreshed automatically.
    var isLive = true
    /// Sign in or out; nil: there are no actions.
    var account: HTML?
    let content: HTML

    var html: HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>\(title) · Giftbridge</title>
        <link rel="stylesheet" href="/assets/style.css">
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
        \(isLive ? Self.live : nil)
        </head>
        <body>
        <header>
        <div class="bar">
        <a class="home" href="/">Giftbridge</a>
        <nav><a href="/orders">Orders</a>\(account)</nav>
        <form class="search" role="search" action="/orders">
        <input type="search" name="q" value="\(search)" placeholder="Order number" aria-label="Order number" maxlength="200">
        <button>Find</button>
        </form>
        </div>
        </header>
        <main>
        \(content)
        </main>
        <footer><p id="stale" role="status"></p><p>Shows no voucher codes and no personal data. Times are UTC.</p></footer>
        </body>
        </html>

        """
    }

    private static let live: HTML = """
        <script src="/assets/page.js" defer></script>
        <noscript><meta http-equiv="refresh" content="15"></noscript>
        """
}

extension Response {
    /// A whole page.
    static func page(_ layout: Layout, status: HTTPResponse.Status = .ok) -> Response {
        .text(layout.html.text, status: status, type: "text/html; charset=utf-8")
    }
}

/// Style sheet, script and icon of the pages.
enum Asset: String {
    case style = "style.css"
    case script = "page.js"
    case icon = "icon.svg"

    var response: Response {
        let (bytes, type) =
            switch self {
            case .style: (PackageResources.style_css, "text/css; charset=utf-8")
            case .script: (PackageResources.page_js, "text/javascript; charset=utf-8")
            case .icon: (PackageResources.icon_svg, "image/svg+xml")
            }
        return Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
