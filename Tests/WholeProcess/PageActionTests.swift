import Foundation
import TestSupport
import Testing

/// Acting on the status page: only with the token, only from its own forms, and then it works.
@Suite struct PageActionTests {
    static let token = "a-token-for-the-tests"

    /// A visitor of the page of a worker that has a token.
    struct Person: Sendable {
        let face: StatusFace
        var cookie = ""

        /// Sends a form as a browser would from a page of this server.
        func post(_ path: String, _ form: [String: String], origin: String? = nil, cookie: String? = nil) async throws
            -> StatusFace.Answer
        {
            try await face.post(
                path, form,
                headers: ["Origin": origin ?? face.url, "Cookie": cookie ?? self.cookie].filter { !$0.value.isEmpty })
        }

        func get(_ path: String) async throws -> String {
            try await face.get(path, headers: ["Cookie": cookie]).text
        }

        /// The word in the form that goes to `path`, as the page at `page` has it.
        func word(_ path: String, on page: String) async throws -> String {
            let text = try await get(page)
            let start = try #require(text.range(of: "action=\"\(path)\""), "\(page) has no form \(path)")
            return String(try #require(text[start.upperBound...].firstMatch(of: /name="word" value="([a-z0-9]+)"/)).1)
        }

        mutating func signIn() async throws {
            let answer = try await post("/sign-in", ["token": PageActionTests.token])
            #expect(answer.status == 303 && answer.header("location") == "/")
            let set = try #require(answer.header("set-cookie"))
            for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(set.contains(attribute)) }
            #expect(!set.contains(PageActionTests.token))
            cookie = String(set.prefix { $0 != ";" })
        }
    }

    /// Runs a worker with a token, with shop `own` whose orders 1 and 2 are in doubt, and order 3 rejected.
    static func run(_ body: @Sendable @escaping (Person, TestDatabase) async throws -> Void) async throws {
        let database = try await TestServer.shared.database()
        try await database.run("UPDATE giftbridge.shops SET assign_codes = false")
        try await VendorPeer.run { vendor in
            for order in ["1", "2"] { try await vendor.fault("status_500", orderID: order) }
            try await vendor.fault("status_422", orderID: "3")
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": token]) { _, new in new }
            let outcome = try await Bridge(database, vendor, settings).run { process in
                try await database.insertOrders(1...3)
                try await database.wait(
                    for: "in_doubt in_doubt rejected",
                    from: "SELECT string_agg(status, ' ' ORDER BY id) FROM giftbridge.orders")
                try await body(Person(face: StatusFace(of: process)), database)
            }.outcome
            #expect(!outcome.text.contains(token))
        }
    }

    @Test func aVisitorWithTheTokenResolvesRetriesCancelsPausesAndResumes() async throws {
        try await Self.run { person, database in
            var person = person
            try await person.signIn()
            let sold = try await person.post(
                "/orders/1/resolve-sold",
                [
                    "word": person.word("/orders/1/resolve-sold", on: "/orders/1"), "reference": "R-1",
                    "codes": "CODE1",
                ])
            #expect(sold.status == 303 && sold.header("location") == "/orders/1?done=resolve-sold")
            #expect(
                try await database.value(
                    "SELECT order_reference || ' ' || voucher_codes::text FROM giftbridge.orders WHERE id = 1")
                    == "R-1 {CODE1}")
            #expect(try await person.get("/orders/1?done=resolve-sold").contains("The order is completed."))

            let pause = try await person.post(
                "/shops/pause", ["word": person.word("/shops/pause", on: "/"), "shop": "default", "reason": "tea"])
            #expect(pause.status == 303)
            #expect(try await database.value("SELECT pause_reason FROM giftbridge.shops") == "tea")

            let retry = try await person.post(
                "/orders/3/retry", ["word": person.word("/orders/3/retry", on: "/orders/3")])
            #expect(retry.status == 303)
            let cancel = try await person.post(
                "/orders/3/cancel", ["word": person.word("/orders/3/cancel", on: "/orders/3")])
            #expect(cancel.status == 303)
            #expect(try await database.value("SELECT status FROM giftbridge.orders WHERE id = 3") == "cancelled")

            let unsold = try await person.post(
                "/orders/2/resolve-unsold", ["word": person.word("/orders/2/resolve-unsold", on: "/orders/2")])
            #expect(unsold.status == 303)
            #expect(try await database.value("SELECT status FROM giftbridge.orders WHERE id = 2") == "pending")
            let resume = try await person.post(
                "/shops/resume", ["word": person.word("/shops/resume", on: "/"), "shop": "default"])
            #expect(resume.status == 303)
            try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders WHERE id = 2")
        }
    }

    @Test func theDatabasesRefusalIsShown() async throws {
        try await Self.run { person, database in
            var person = person
            try await person.signIn()
            let word = try await person.word("/orders/3/retry", on: "/orders/3")
            try await database.run("SELECT giftbridge.pause('default', 'so that it stays'); SELECT giftbridge.retry(3)")
            let late = try await person.post("/orders/3/retry", ["word": word])
            #expect(late.status == 409 && late.text.contains("Action failed.") && late.text.contains("order 3"))
        }
    }

    @Test func nothingHappensWithoutTheTokenTheFormOrTheOrigin() async throws {
        try await Self.run { person, database in
            var person = person
            let before = try await database.states()
            #expect(try await person.post("/orders/3/retry", [:]).status == 403, "not signed in")
            #expect(try await person.post("/sign-in", ["token": "wrong-token-wrong-token"]).status == 403)
            #expect(try await person.post("/sign-in", ["token": ""]).status == 403)
            #expect(
                try await person.post("/sign-in", ["token": Self.token], origin: "http://evil.example").status == 403)
            #expect(try await person.face.post("/sign-in", ["token": Self.token]).status == 403, "no origin")

            try await person.signIn()
            let word = try await person.word("/orders/3/retry", on: "/orders/3")
            let other = try await person.word("/orders/1/resolve-unsold", on: "/orders/1")
            let wrong = (word.hasPrefix("x") ? "y" : "x") + word.dropFirst()
            for (form, what) in [
                ([:], "no word"), (["word": ""], "an empty word"), (["word": wrong], "a wrong word"),
                (["word": other], "another form's word"),
                (["word": word, "shop": "default"], "more than the form has"),
            ] {
                #expect(try await person.post("/orders/3/retry", form).status == 403, "\(what)")
            }
            let right = ["word": word]
            for origin in ["http://evil.example", "null", "http://127.0.0.1:1", person.face.url + ".evil.example"] {
                #expect(try await person.post("/orders/3/retry", right, origin: origin).status == 403, "\(origin)")
            }
            for cookie in ["giftbridge_session=wrong", "giftbridge_session=", "giftbridge_session=\(Self.token)"] {
                #expect(try await person.post("/orders/3/retry", right, cookie: cookie).status == 403, "\(cookie)")
            }
            var second = Person(face: person.face)
            try await second.signIn()
            #expect(try await second.post("/orders/3/retry", right).status == 403, "another session's word")
            #expect(try await person.post("/orders/3/drop", right).status == 403)
            #expect(try await person.face.get("/orders/3/retry", headers: ["Cookie": person.cookie]).status == 404)

            // Signed out, the cookie is worth nothing, and neither is the word.
            let out = try await person.post("/sign-out", ["word": person.word("/sign-out", on: "/")])
            #expect(out.status == 303 && out.header("set-cookie")?.contains("Max-Age=0") == true)
            #expect(try await person.post("/orders/3/retry", right).status == 403)
            #expect(!(try await person.get("/orders/3").contains("/orders/3/retry\"")))
            #expect(try await database.states() == before)
        }
    }

    @Test func wrongTokensAreSlowedDown() async throws {
        try await Self.run { person, _ in
            var statuses: [Int] = []
            for _ in 0..<11 { statuses.append(try await person.post("/sign-in", ["token": "wrong"]).status) }
            #expect(statuses == Array(repeating: 403, count: 10) + [429])
            #expect(try await person.post("/sign-in", ["token": Self.token]).status == 429, "not even the right one")
        }
    }

    @Test func withoutATokenThereAreNoActions() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                for path in ["/sign-in", "/sign-out", "/orders/1/retry", "/shops/pause"] {
                    let answer = try await face.post(path, ["token": "", "word": ""], headers: ["Origin": face.url])
                    #expect(answer.status == 404, "\(path)")
                }
                #expect(!(try await face.get("/").text.contains("Sign in")))
            }
        }
    }

    @Test(arguments: ["short", ""])
    func aTokenThatIsEasilyGuessedIsRefused(token: String) async throws {
        let outcome = try await RunningProcess.giftbridge(
            ["run"],
            environment: [
                "GIFTBRIDGE_DATABASE_URL": "host=/nowhere", "GIFTBRIDGE_API_KEY": VendorPeer.key,
                "GIFTBRIDGE_HTTP_TOKEN": token,
            ])
        #expect(outcome.status == 78 && outcome.text.hasPrefix("giftbridge: GIFTBRIDGE_HTTP_TOKEN "))
        #expect(token.isEmpty || !outcome.text.contains(token))
    }

    @Test func theTokenMayBeInAFileOrACredential() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // It is in the temporary folder anyway.
        let file = folder.appending(path: "GIFTBRIDGE_HTTP_TOKEN")
        try Data((Self.token + "\n").utf8).write(to: file)
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            for settings in [["GIFTBRIDGE_HTTP_TOKEN_FILE": file.path], ["CREDENTIALS_DIRECTORY": folder.path]] {
                try await Bridge(database, vendor, StatusFace.settings.merging(settings) { _, new in new }).run {
                    process in
                    var person = Person(face: try await StatusFace(of: process))
                    try await person.signIn()
                    #expect(try await person.get("/").contains("Sign out"))
                }
            }
        }
    }
}
