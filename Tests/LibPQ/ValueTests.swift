import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct ValueTests {
        private static let texts = [
            "", "plain", "it's \"quoted\" \\ back", "Grüße 🎁 \u{1F468}\u{200D}\u{1F469}", "line\nbreak\ttab\r", "NULL",
            "{}",
            "\u{1}\u{7f}\u{85}", "ends with \\", ",", "{a,b}", String(repeating: "ä", count: 50),
        ]

        @Test(arguments: texts)
        func textComesBackAsItWas(_ text: String) async throws {
            let connection = try await openConnection()
            let result = try await connection.query("SELECT $1 AS value, octet_length($1) AS bytes", [.text(text)])
            let row = try #require(result.first)
            #expect(try row.text("value") == text)
            #expect(try row.int("bytes") == text.utf8.count)
            #expect(try row.optionalText("value") == text)
        }

        @Test func megabyteComesBackAsItWas() async throws {
            let connection = try await openConnection()
            let text = String((0..<1_048_576).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) })
            for _ in 0..<3 {
                let row = try #require(try await connection.prepared("SELECT $1, md5($1)", [.text(text)]).first)
                #expect(try row.text(0) == text)
            }
        }

        @Test func nullsAreNullAndNotEmpty() async throws {
            let connection = try await openConnection()
            let result = try await connection.query(
                "SELECT $1::text, $2::text, $3, $4, $5, $6, '' AS empty",
                [nil, .text(nil), .int(nil), .bool(nil), .double(nil), .interval(nil)]
            )
            let row = try #require(result.first)
            for column in 0..<6 {
                #expect(try row.optionalText(column) == nil)
                #expect(throws: ColumnError.isNull(column: String(column), type: "String")) { try row.text(column) }
            }
            #expect(try row.optionalInt(2) == nil)
            #expect(throws: ColumnError.isNull(column: "3", type: "Bool")) { try row.bool(3) }
            #expect(try row.optionalDouble(4) == nil)
            #expect(try row.text("empty").isEmpty)
        }

        @Test(arguments: [0, 1, -1, Int.max, Int.min])
        func integerComesBackAsItWas(_ number: Int) async throws {
            let row = try #require(try await openConnection().query("SELECT $1", [.int(number)]).first)
            #expect(try row.int(0) == number)
        }

        @Test(arguments: [0.1, -0.0, 1e300, .infinity, -.infinity, 2.3e-308, 33.3])
        func doubleComesBackAsItWas(_ number: Double) async throws {
            let row = try #require(
                try await openConnection().query("SELECT $1, 'NaN'::float8", [.double(number)]).first)
            #expect(try row.double(0).bitPattern == number.bitPattern)
            #expect(try row.double(1).isNaN)
        }

        @Test func literalsAreParameters() async throws {
            let row = try #require(
                try await openConnection().query("SELECT $1, $2, $3, $4::int", ["a", 7, true, nil]).first)
            #expect(try row.text(0) == "a")
            #expect(try row.int(1) == 7)
            #expect(try row.bool(2))
            #expect(try row.optionalInt(3) == nil)
        }

        @Test(arguments: [
            (Duration.zero, "0"), (.microseconds(1), "1"), (.microseconds(-1), "-1"), (.seconds(90), "90000000"),
            (.nanoseconds(1499), "1"), (.nanoseconds(1500), "2"), (.nanoseconds(-1500), "-2"),
            (.seconds(100_000_000_000), "100000000000000000"), (.seconds(Int64.max), "9223372036854775807"),
        ])
        func intervalIsExact(_ duration: Duration, _ microseconds: String) async throws {
            let connection = try await openConnection()
            // An interval of PostgreSQL 14 and earlier ends at 2³¹ hours.
            guard duration < .seconds(1e12) || connection.serverVersion >= 150_000 else { return }
            let row = try #require(
                try await connection.query(
                    """
                    SELECT trim_scale(extract(epoch FROM date_trunc('minute', $1))::numeric * 1000000 + extract(microseconds FROM $1)::numeric),
                        ($2::interval[])[1] = $1
                    """,
                    [.interval(duration), .intervalArray([duration, nil])]
                ).first
            )
            #expect(try row.text(0) == microseconds)
            #expect(try row.bool(1))
        }

        @Test func arraysComeBackAsTheyWere() async throws {
            let connection = try await openConnection()
            let texts = Self.texts.map { Optional($0) } + [nil, "null", "Null", " spaces "]
            let row = try #require(
                try await connection.query(
                    "SELECT $1, $2, $3, $4, array_length($1, 1), ARRAY[]::text[], NULL::text[], '[0:1]={a,b}'::text[]",
                    [
                        .textArray(texts), .intArray([1, nil, .max, .min]), .boolArray([true, nil, false]),
                        .intervalArray([.seconds(1), nil]),
                    ]
                ).first
            )
            #expect(try row.textArray(0) == texts)
            #expect(try row.textArray(1) == ["1", nil, "9223372036854775807", "-9223372036854775808"])
            #expect(try row.textArray(2) == ["t", nil, "f"])
            #expect(try row.textArray(3) == ["00:00:01", nil])
            #expect(try row.int(4) == texts.count)
            #expect(try row.textArray(5) == [])
            #expect(try row.optionalTextArray(6) == nil)
            #expect(try row.textArray(7) == ["a", "b"])
        }

        @Test func emptyArraysAreEmpty() async throws {
            let row = try #require(
                try await openConnection().query(
                    "SELECT cardinality($1), cardinality($2), $1", [.textArray([]), .intArray([])]
                ).first
            )
            #expect(try row.int(0) == 0)
            #expect(try row.int(1) == 0)
            #expect(try row.textArray(2) == [])
        }

        @Test func arraysOfManyDimensionsAreRefused() async throws {
            let row = try #require(
                try await openConnection().query("SELECT ARRAY[[1,2],[3,4]] AS grid, 'x' AS text").first)
            #expect(throws: ColumnError.notReadable(column: "grid", type: "[String?]")) { try row.textArray("grid") }
            #expect(throws: ColumnError.notReadable(column: "text", type: "[String?]")) { try row.textArray("text") }
        }

        @Test func wrongReadsNameTheColumnAndNotTheValue() async throws {
            let row = try #require(try await openConnection().query(#"SELECT 'hidden' AS "Text""#).first)
            #expect(throws: ColumnError.notReadable(column: "Text", type: "Int")) { try row.int("Text") }
            #expect(throws: ColumnError.noSuchColumn("text")) { try row.int("text") }
            #expect(throws: ColumnError.noSuchColumn("1")) { try row.int(1) }
            #expect(throws: ColumnError.noSuchColumn("-1")) { try row.int(-1) }
            #expect(!"\(ColumnError.notReadable(column: "Text", type: "Int"))".contains("hidden"))
        }

        @Test func resultIsACollectionOfRows() async throws {
            let connection = try await openConnection()
            let result = try await connection.query("SELECT n, n * 2 AS twice FROM generate_series(1, 100) AS n")
            #expect(result.count == 100)
            #expect(result.columns == ["n", "twice"])
            #expect(try result.map { try $0.int("twice") } == (1...100).map { $0 * 2 })
            let none = try await connection.query("SELECT 1 AS n WHERE false")
            #expect(none.isEmpty)
            #expect(none.columns == ["n"])
            #expect(try await connection.query("").isEmpty)
        }
    }
}
