import LibPQ

/// The server and a session, as `server` of `sql/queries/check.sql` tells them.
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
    /// The server's clock less this machine's, in seconds.
    var clockAhead = 0.0

    init() {}

    /// - Parameter now: This machine's clock in the middle of the question, in Unix seconds.
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

    /// What of it is as it should be, and what not. Pure.
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
                    .database, "It is a standby: nothing can be written.",
                    "Name the primary, or every host, in GIFTBRIDGE_DATABASE_URL."))
        }
        if encoding != "UTF8" {
            findings.append(
                .warning(
                    .database, "Its encoding is \(encoding): some names cannot be stored.",
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
                    .database, "default_transaction_isolation is \(isolation): a claim refuses that.",
                    "ALTER ROLE \(role) SET default_transaction_isolation = 'read committed';"))
        }
        if isSuperuser {
            findings.append(
                .warning(
                    .rights, "\(role) is a superuser: far more than the worker needs.",
                    "giftbridge migrate --roles, then connect as a member of giftbridge_worker."))
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
                    "\(fsync ? "full_page_writes" : "fsync") is off: a crash of the machine may lose what was committed, "
                        + "and an order may be sold twice.", "Set it to on in postgresql.conf, and reload."))
        }
        // claim and settle set it themselves; a shop's own commit is its own risk.
        if synchronousCommit == "off" {
            findings.append(
                .warning(
                    .durability,
                    "synchronous_commit is off: a crash may lose an order just inserted. The bridge's own commits insist.",
                    "Set it to on, at least for the shops' roles."))
        }
        return findings.isEmpty ? [.ok(.durability, "What is committed stays.")] : findings
    }

    private var clock: Finding {
        let off = BriefDuration(seconds: clockAhead)
        return abs(clockAhead) < 5
            ? .ok(.clock, "Database and machine agree (\(off) apart).")
            : .warning(
                .clock,
                "The database's clock is \(off) \(clockAhead > 0 ? "ahead of" : "behind") this machine's. The bridge goes by the "
                    + "database's; only logs differ.", "Let both keep time by NTP.")
    }
}
