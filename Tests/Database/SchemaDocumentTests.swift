import Foundation
import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// docs/schema.md is the schema in one place, for people: what the migrations make is exactly that.
    struct SchemaDocumentTests {
        private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/schema.md"
        )
        .standardizedFileURL

        @Test func aMigratedDatabaseIsWhatTheDocumentSays() async throws {
            let database = try await TestServer.shared.database()
            let connection = try await database.connect()
            let schema = try await Self.document(connection)
            await connection.close()
            if ProcessInfo.processInfo.environment["GIFTBRIDGE_TEST_WRITE_SCHEMA"] == "1" {
                try schema.write(to: Self.file, atomically: true, encoding: .utf8)
            }
            let written = try String(contentsOf: Self.file, encoding: .utf8)
            let (found, says) = (Set(schema.split(separator: "\n")), Set(written.split(separator: "\n")))
            #expect(
                schema == written,
                """
                docs/schema.md differs from a migrated database. To write it again:
                GIFTBRIDGE_TEST_WRITE_SCHEMA=1 Tests/run --filter SchemaDocumentTests
                only in the database: \(found.subtracting(says).sorted().joined(separator: "\n"))
                only in the document: \(says.subtracting(found).sorted().joined(separator: "\n"))
                """)
        }

        private static func document(_ connection: Connection) async throws -> String {
            func lines(_ sql: String) async throws -> [String] {
                try await connection.query(sql).map { try $0.text(0) }
            }
            var text = """
                # The schema

                Every table, view and function of schema `giftbridge`, as a migrated database has them. This page is made from the
                catalog of such a database, and a test compares both (`Tests/Database/SchemaDocumentTests.swift`). What shops, operators and
                monitors may rely on is in [integrating](integrating.md) and [operating](operating.md); the rest may change with a
                version. Permissions are in [sql/roles.sql](../sql/roles.sql).

                ## Tables

                """
            for table in try await lines(Self.relations("r")) {
                let name = String(table.prefix { $0 != "|" })
                text += "\n### \(name)\n\n\(table.dropFirst(name.count + 1))\n\n"
                text += "| column | type | default | null | |\n|---|---|---|---|---|\n"
                text += try await lines(Self.columns(of: name)).joined(separator: "\n") + "\n"
                let rules = try await lines(Self.rules(of: name))
                if !rules.isEmpty { text += "\n" + rules.joined(separator: "\n") + "\n" }
            }
            text += "\n## Views\n"
            for view in try await lines(Self.relations("v")) {
                let name = String(view.prefix { $0 != "|" })
                let columns = try await lines(
                    """
                    SELECT a.attname FROM pg_attribute AS a
                    WHERE a.attrelid = 'giftbridge.\(name)'::regclass AND a.attnum > 0 ORDER BY a.attnum
                    """)
                text += "\n### \(name)\n\n\(view.dropFirst(name.count + 1))\n\n`\(columns.joined(separator: ", "))`\n"
            }
            text += "\n## Functions\n\n| function | |\n|---|---|\n"
            text += try await lines(Self.functions).joined(separator: "\n") + "\n"
            return text
        }

        private static func relations(_ kind: String) -> String {
            """
            SELECT c.relname || '|' || coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class AS c
            WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind = '\(kind)' ORDER BY c.relname
            """
        }

        private static func columns(of table: String) -> String {
            """
            SELECT format('| %s | %s | %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attidentity <> '' THEN 'identity' ELSE '`' || pg_get_expr(d.adbin, d.adrelid) || '`' END,
                CASE WHEN NOT a.attnotnull THEN 'null' END, replace(col_description(a.attrelid, a.attnum), '|', '\\|'))
            FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = 'giftbridge.\(table)'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """
        }

        /// Constraints (but NOT NULL, which PostgreSQL 18 lists, too), indexes of no constraint, triggers.
        private static func rules(of table: String) -> String {
            """
            SELECT line FROM (
                SELECT 1 AS part, k.conname AS name, format('- `%s`: `%s`', k.conname, pg_get_constraintdef(k.oid)) AS line
                FROM pg_constraint AS k
                WHERE k.conrelid = 'giftbridge.\(table)'::regclass AND k.contype IN ('p', 'u', 'c', 'f', 'x')
                UNION ALL
                SELECT 2, i.indexrelid::regclass::text, format('- `%s`', pg_get_indexdef(i.indexrelid)) FROM pg_index AS i
                WHERE i.indrelid = 'giftbridge.\(table)'::regclass
                    AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
                UNION ALL
                SELECT 3, t.tgname, format('- `%s`', pg_get_triggerdef(t.oid)) FROM pg_trigger AS t
                WHERE t.tgrelid = 'giftbridge.\(table)'::regclass AND NOT t.tgisinternal
            ) AS rules ORDER BY part, name COLLATE "C"
            """
        }

        private static let functions = """
            SELECT format('| `%s(%s)`%s | %s |', p.proname, pg_get_function_identity_arguments(p.oid),
                CASE WHEN p.prorettype = 'trigger'::regtype THEN ' trigger' ELSE '' END, obj_description(p.oid, 'pg_proc'))
            FROM pg_proc AS p WHERE p.pronamespace = 'giftbridge'::regnamespace ORDER BY p.proname COLLATE "C"
            """
    }
}
