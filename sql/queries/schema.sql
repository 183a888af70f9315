-- What `giftbridge migrate` asks. Each statement follows its name; Swift knows it as SQL.Schema.<name>.

-- name: has_schema
SELECT to_regclass('giftbridge.migrations') IS NOT NULL AS installed

-- name: has_roles
-- Whether `migrate --roles` was run in this database: then its roles are kept up to date.
SELECT coalesce(has_schema_privilege(to_regrole('giftbridge_worker'), 'giftbridge', 'USAGE'), false) AS installed

-- name: pin_search_path
-- Nothing that a migration calls is found in a schema of another role; for this transaction
SELECT set_config('search_path', 'pg_catalog, pg_temp', true)

-- name: create_schema
CREATE SCHEMA IF NOT EXISTS giftbridge

-- name: others_objects
-- What the current role would install over, and does not own: the schema, and everything in it.
SELECT format('%s (owner %s)', o.what, pg_get_userbyid(o.owner)) AS object
FROM (
    SELECT 'schema ' || n.nspname AS what, n.nspowner AS owner FROM pg_namespace AS n WHERE n.nspname = 'giftbridge'
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || c.oid::regclass, c.relowner
    FROM pg_class AS c WHERE c.relnamespace = to_regnamespace('giftbridge') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, p.proowner FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('giftbridge')
    UNION ALL
    SELECT 'type ' || t.oid::regtype, t.typowner
    FROM pg_type AS t WHERE t.typnamespace = to_regnamespace('giftbridge') AND t.typtype IN ('d', 'e', 'r', 'b') AND t.typelem = 0
    UNION ALL
    SELECT 'operator ' || o.oid::regoperator, o.oprowner FROM pg_operator AS o WHERE o.oprnamespace = to_regnamespace('giftbridge')
) AS o
WHERE o.owner <> (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = current_user)
ORDER BY o.what LIMIT 10

-- name: schema_version
-- The highest migration that is installed.
SELECT coalesce(max(version), 0) AS version FROM giftbridge.migrations

-- name: migrate_lock
-- One migration at a time: two `giftbridge migrate` wait for one another. Given back at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('giftbridge.migrate'))

-- name: set_lock_timeout
-- $1 milliseconds, as text; for this transaction
SELECT set_config('lock_timeout', $1, true)

-- name: body_checks_off
-- Functions may name what a later file creates; for this transaction
SELECT set_config('check_function_bodies', 'off', true)

-- name: migration_done
-- $1 version, $2 name
INSERT INTO giftbridge.migrations (version, name) VALUES ($1::integer, $2)
