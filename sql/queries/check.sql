-- What `giftbridge check` asks. Each statement follows its name; Swift knows it as SQL.Check.<name>.

-- name: server
-- The server and this session, as `giftbridge check` wants to know them.
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS version_number,
    current_setting('server_encoding') AS encoding, current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('default_transaction_isolation') AS isolation, pg_is_in_recovery() AS read_only,
    coalesce((SELECT s.ssl FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()), false) AS tls,
    coalesce(inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local,
    current_user AS role, (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS superuser,
    pg_backend_pid() AS backend, extract(epoch FROM clock_timestamp())::double precision AS now

-- name: shops
SELECT s.name, s.api_url, s.paused, s.pause_reason, s.assign_codes, s.allowance, s.rate_limit,
    extract(epoch FROM s.rate_window)::double precision AS rate_window, s.payment_methods, s.unknown_delivery_methods,
    s.is_closed
FROM giftbridge.shop_setup AS s
ORDER BY s.name

-- name: take_place
-- $1 the allowance of the request that is to be sent
SELECT giftbridge.take_place($1) AS is_taken

-- name: rights
-- What the worker needs and the current role may not: functions and views of schema giftbridge. Empty: nothing is missing.
SELECT format('EXECUTE on giftbridge.%s', p.proname) AS missing
FROM pg_proc AS p
WHERE p.pronamespace = 'giftbridge'::regnamespace AND NOT has_function_privilege(p.oid, 'EXECUTE')
    AND p.proname IN ('identity', 'tell_accounts', 'look', 'claim', 'settle', 'rescue', 'set_idle', 'heartbeat', 'take_place')
UNION ALL
SELECT format('SELECT on giftbridge.%s', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relname IN ('queue', 'workers', 'migrations', 'installation_state')
    AND NOT has_table_privilege(c.oid, 'SELECT')
ORDER BY missing

-- name: missing_roles
-- $1 names; those of which the server has no role
SELECT r.name FROM unnest($1::text[]) AS r (name) WHERE to_regrole(r.name) IS NULL

-- name: listen
LISTEN giftbridge_check

-- name: notify
-- $1 what to say
SELECT pg_notify('giftbridge_check', $1)
