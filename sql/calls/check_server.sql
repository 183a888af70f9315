-- The server and this session, as `giftbridge check` wants to know them.
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS version_number,
    current_setting('server_encoding') AS encoding, current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('default_transaction_isolation') AS isolation, pg_is_in_recovery() AS read_only,
    coalesce((SELECT s.ssl FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()), false) AS tls,
    coalesce(inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local,
    current_user AS role, (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS superuser,
    pg_backend_pid() AS backend, extract(epoch FROM clock_timestamp())::double precision AS now
