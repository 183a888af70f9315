import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct StatementTests {
        @Test func serverErrorHasItsFields() async throws {
            let connection = try await openConnection()
            try await connection.script(
                """
                CREATE TEMPORARY TABLE item (code text CONSTRAINT item_code_key UNIQUE, price int NOT NULL CHECK (price > 0));
                INSERT INTO item VALUES ('secret', 1)
                """
            )
            let duplicate = try await error(ServerError.self) {
                _ = try await connection.query("INSERT INTO item VALUES ($1, 1)", ["secret"])
            }
            #expect(duplicate.sqlState == "23505")
            #expect(duplicate.sqlStateClass == "23")
            #expect(duplicate.severity == "ERROR")
            #expect(duplicate.table == "item")
            #expect(duplicate.constraint == "item_code_key")
            #expect(duplicate.detail?.contains("secret") == true)
            #expect(!"\(duplicate)".contains("secret"))
            #expect("\(duplicate)".contains("23505"))

            let missing = try await error(ServerError.self) {
                _ = try await connection.prepared("INSERT INTO item VALUES ('x', $1)", [.int(nil)])
            }
            #expect(missing.sqlState == "23502")
            #expect(missing.column == "price")

            let typo = try await error(ServerError.self) { _ = try await connection.query("SELECT 1 FORM item") }
            #expect(typo.sqlState == "42601")
            #expect(typo.position == 15)

            let raised = try await error(ServerError.self) {
                try await connection.script(
                    "DO $$BEGIN RAISE 'no' USING ERRCODE = 'GB001', HINT = 'do this', DETAIL = 'because'; END$$"
                )
            }
            #expect(raised.sqlState == "GB001")
            #expect(raised.hint == "do this")
            #expect(raised.detail == "because")
            #expect(raised.context?.contains("DO") == true || raised.context?.contains("inline") == true)
            #expect(try await connection.query("SELECT 1").count == 1)
        }

        @Test func preparedStatementIsPreparedOnce() async throws {
            let connection = try await openConnection()
            for number in 0..<20 {
                #expect(try await connection.prepared("SELECT $1 + 1", [.int(number)]).first?.int(0) == number + 1)
            }
            let count = "SELECT count(*) FROM pg_prepared_statements"
            #expect(try await connection.query(count).first?.int(0) == 1)
            // Another type of the same parameter is another statement.
            #expect(try await connection.prepared("SELECT $1 + 1", [.double(0.5)]).first?.double(0) == 1.5)
            #expect(try await connection.query(count).first?.int(0) == 2)
        }

        @Test func preparedStatementThatIsGoneIsPreparedAgain() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE shape (a int)")
            _ = try await connection.prepared("SELECT * FROM shape")
            try await connection.script("DISCARD PLANS; DEALLOCATE ALL")
            _ = try await connection.prepared("SELECT * FROM shape")
            try await connection.script("ALTER TABLE shape ADD b int")
            #expect(try await connection.prepared("SELECT * FROM shape").columns == ["a", "b"])
        }

        @Test func preparedStatementThatIsRefusedIsNotKept() async throws {
            let connection = try await openConnection()
            for _ in 0..<2 {
                let refusal = try await error(ServerError.self) {
                    _ = try await connection.prepared("SELECT * FROM later")
                }
                #expect(refusal.sqlState == "42P01")
            }
            try await connection.script("CREATE TEMPORARY TABLE later (a int)")
            #expect(try await connection.prepared("SELECT * FROM later").isEmpty)
        }

        @Test func scriptStopsAtTheFirstError() async throws {
            let connection = try await openConnection()
            let failure = try await error(ServerError.self) {
                try await connection.script("CREATE TEMPORARY TABLE gone (a int); SELECT 1 / 0; SELECT 2")
            }
            #expect(failure.sqlState == "22012")
            #expect(try await connection.query("SELECT to_regclass('gone') IS NULL").first?.bool(0) == true)
            try await connection.script("")
            try await connection.script("SELECT 1; SELECT repeat('x', 1000000) FROM generate_series(1, 5); SELECT 3")
        }

        @Test func nulIsRefusedBeforeAnythingIsSent() async throws {
            let connection = try await openConnection()
            for parameter: Parameter in [.text("a\0b"), .textArray(["a", nil, "\0"])] {
                await #expect(throws: StatementError.nulInParameter(position: 2)) {
                    try await connection.query("SELECT $1, $2", ["fine", parameter])
                }
            }
            await #expect(throws: StatementError.nulInStatement) { try await connection.query("SELECT 1\0 bad") }
            await #expect(throws: StatementError.nulInStatement) { try await connection.prepared("SELECT 1\0 bad") }
            await #expect(throws: StatementError.nulInStatement) { try await connection.script("SELECT 1\0 bad") }
            await #expect(throws: StatementError.tooManyParameters(65_536)) {
                try await connection.query("SELECT 1", Array(repeating: 1, count: 65_536))
            }
            await #expect(throws: StatementError.nulInParameter(position: 1)) {
                try await connection.begin([Statement("CREATE TABLE nope ()"), Statement("SELECT $1", ["\0"])])
            }
            #expect(try await connection.query("SELECT to_regclass('nope') IS NULL").first?.bool(0) == true)
        }

        @Test(arguments: [
            ("COPY (SELECT generate_series(1, 100000)) TO STDOUT", false), ("COPY copied FROM STDIN", false),
            ("COPY (SELECT generate_series(1, 100000)) TO STDOUT", true), ("COPY copied FROM STDIN", true),
            ("SELECT 1; COPY copied FROM STDIN; SELECT 2", true),
        ])
        func copyClosesTheConnection(_ sql: String, isScript: Bool) async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE copied (a int)")
            let failure = try await error(ConnectionError.self) {
                if isScript { try await connection.script(sql) } else { _ = try await connection.query(sql) }
            }
            guard case .lost(let reason) = failure else { throw failure }
            #expect(reason.contains("COPY"))
            await #expect(throws: failure) { try await connection.query("SELECT 1") }
        }

        @Test func severalStatementsInOneQueryAreRefused() async throws {
            let failure = try await error(ServerError.self) {
                _ = try await openConnection().query("SELECT 1; SELECT 2")
            }
            #expect(failure.sqlState == "42601")
        }
    }
}
