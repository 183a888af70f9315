import Testing

@testable import LibPQ

struct ConninfoTests {
    @Test(arguments: [
        "host=db1,db2 port=5432,5433 dbname=shop user=worker password=hidden",
        "postgresql://worker:hidden@db1:5432,db2:5433/shop?sslmode=require",
        "postgres://worker:hidden@db1:5432,db2:5433/shop",
    ])
    func targetIsPrintedWithoutPassword(_ conninfo: String) throws {
        let target = try ConnectionTarget(conninfo: conninfo)
        #expect(target.hosts == ["db1", "db2"])
        #expect(target.description == "db1:5432,db2:5433 database shop as worker")
        try Connection.validate(conninfo)
    }

    @Test(arguments: [
        ("hots=db1", "hots"),
        ("host", "missing \"=\""),
        ("postgresql://[::1/shop", "]"),
        ("port=x", "port"),
        ("port=99999", "port"),
        ("host=a\0b", "NUL"),
    ])
    func badConninfoIsRefusedWithAReason(_ conninfo: String, _ part: String) throws {
        let refusal = #expect(throws: ConnectionError.self) { try Connection.validate(conninfo) }
        guard case .invalidConninfo(let reason) = refusal else {
            Issue.record("not invalidConninfo")
            return
        }
        #expect(reason.contains(part))
        #expect(!reason.contains("\n"))
    }

    @Test(arguments: [
        "host=db password=two s3cret words",
        "host=db password=two s3cret=words",
        "password='s3cret",
        "postgresql://user:s3cret%zz@db/shop",
        "postgresql://user:a/s3cret@db/shop",
        "postgresql://user:1/s3cret@db/shop",
        "postgresql://user:a@s3cret@db/shop",
        "postgresql://user:x:s3cret@db:port/shop",
    ])
    func passwordIsNeverInAMessage(_ conninfo: String) async throws {
        let refusal = #expect(throws: ConnectionError.self) { try Connection.validate(conninfo) }
        #expect(refusal.map { "\($0)" }?.contains("s3cret") == false)
        let failure = await #expect(throws: ConnectionError.self) {
            try await Connection.open(conninfo, logger: testLogger)
        }
        #expect(failure == refusal)
    }

    @Test(arguments: [("host=db", "disable"), ("host=db gssencmode=prefer", nil)])
    func encryptionByGSSAPIIsOnlyUsedWhereItIsAskedFor(_ conninfo: String, _ mode: String?) throws {
        let parameters = try Conninfo(conninfo).parameters(.init())
        #expect(parameters.last { $0.keyword == "gssencmode" }?.value == mode)
    }
}
