import LibPQ

/// Facts about the server and a session, as returned by `server` of `sql/queries/check.sql`.
struct ServerFacts: Sendable, Equatable {
    var version = "15.0"
    var versionNumber = 150_000
    var encoding = "UTF8"
    var fsync = true
    var fullPageWrites = true
    var synchronousCommit = "on"
    var isolation = "read committed"
    var isReadOnly = false
    var hasTLS = false
    /// The server is on this machine.
    var isLocal = true
    var role = "giftbridge"
    var isSuperuser = false
    /// The server's clock minus this machine's, in seconds.
    var clockAhead = 0.0

    init() {}

    /// - Parameter now: This machine's clock in the middle of the query, in Unix seconds.
    init(_ row: Row, now: Double) throws {
        version = try row.text("version")
        versionNumber = try row.int("version_number")
        encoding = try row.text("encoding")
        fsync = try row.bool("fsync")
        fullPageWrites = try row.bool("full_page_writes")
        synchronousCommit = try row.text("synchronous_commit")
        isolation = try row.text("isolation")
        isReadOnly = try row.bool("read_only")
        hasTLS = try row.bool("tls")
        isLocal = try row.bool("local")
        role = try row.text("role")
        isSuperuser = try row.bool("superuser")
        clockAhead = try row.double("now") - now
    }

    /// The findings about these facts. Pure.
    var findings: [Finding] {
        var findings: [Finding] = []
        if versionNumber < 130_000 {
            findings.append(.fault(.database, "PostgreSQL \(version) is too old.", "Upgrade it to 13 or newer."))
        } else {
            findings.append(.ok(.database, "PostgreSQL \(version), as role \(role)."))
        }
        if isReadOnly {
            findings.append(
                .fault(
                    .database, "The server is a standby, which is read-only.",
                    "Name the primary, or every host, in GIFTBRIDGE_DATABASE_URL."))
        }
        if encoding != "UTF8" {
            findings.append(
                .warning(
                    .database, "The database's encoding is \(encoding), which cannot store all names.",
                    "Use a database with encoding UTF8."))
        }
        if !hasTLS, !isLocal {
            findings.append(
                .warning(
                    .database, "The connection is not encrypted.", "Add sslmode=verify-full to GIFTBRIDGE_DATABASE_URL."
                ))
        }
        if isolation != "read committed" {
            findings.append(
                .fault(
                    .database, "default_transaction_isolation is \(isolation); workers need read committed.",
                    "ALTER ROLE \(role) SET default_transaction_isolation = 'read committed';"))
        }
        if isSuperuser {
            findings.append(
                .warning(
                    .rights, "\(role) is a superuser, which is more than the worker needs.",
                    "Run giftbridge migrate --roles, then connect as a member of giftbridge_worker."))
        }
        findings += durability + [clock]
        return findings
    }

    private var durability: [Finding] {
        var findings: [Finding] = []
        if !fsync || !fullPageWrites {
            findings.append(
                .fault(
                    .durability,
                    "\(fsync ? "full_page_writes" : "fsync") is off: a crash of the machine may lose committed data, and "
                        + "then an order may be sold twice.", "Set it to on in postgresql.conf, and reload."))
        }
        // claim and settle set it themselves, but a shop's own commit depends on it.
        if synchronousCommit == "off" {
            findings.append(
                .warning(
                    .durability,
                    "synchronous_commit is off: a crash may lose an order that was just inserted. Giftbridge's own commits are durable.",
                    "Set it to on, at least for the shops' roles."))
        }
        return findings.isEmpty
            ? [.ok(.durability, "Committed data is durable (fsync and synchronous_commit are on).")] : findings
    }

    private var clock: Finding {
        let off = BriefDuration(seconds: max(abs(clockAhead), 0.001))
        return abs(clockAhead) < 5
            ? .ok(.clock, "The clocks of database and machine agree to within \(off).")
            : .warning(
                .clock,
                "The database's clock is \(off) \(clockAhead > 0 ? "ahead of" : "behind") this machine's. Giftbridge uses the "
                    + "database's clock; only times in logs differ.", "Synchronise both clocks with NTP.")
    }
}
