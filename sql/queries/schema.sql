-- What `giftbridge migrate` asks. Each statement follows its name; Swift knows it as SQL.Schema.<name>.

-- name: has_schema
SELECT to_regclass('giftbridge.migrations') IS NOT NULL AS installed

-- name: has_roles
-- Whether `migrate --roles` was run in this database: then its roles are kept up to date.
SELECT coalesce(has_schema_privilege(to_regrole('giftbridge_worker'), 'giftbridge', 'USAGE'), false) AS installed

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
