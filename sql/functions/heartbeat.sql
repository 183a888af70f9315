-- Updates a worker's row in giftbridge.status, and removes the data of workers that have been gone for a week.
-- Called by the worker at every heartbeat and change of state. Counters are totals since the process started.
CREATE OR REPLACE FUNCTION giftbridge.heartbeat(
    p_worker text, p_host text, p_pid integer, p_version text, p_state text, p_in_flight integer,
    p_completed bigint, p_rejected bigint, p_retried bigint, p_in_doubt bigint, p_listening boolean,
    p_last_error text, p_seconds_since_error double precision
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO giftbridge.status AS s (worker, host, pid, version, state, in_flight, completed, rejected, retried, in_doubt,
        listening, last_error, last_error_at)
    VALUES (p_worker, p_host, p_pid, p_version, p_state, p_in_flight, p_completed, p_rejected, p_retried, p_in_doubt,
        p_listening, p_last_error, now() - make_interval(secs => p_seconds_since_error))
    ON CONFLICT (worker) DO UPDATE
    SET host = excluded.host, pid = excluded.pid, version = excluded.version,
        -- A new process may use an old name.
        started_at = CASE WHEN (s.host, s.pid) = (excluded.host, excluded.pid) AND excluded.state <> 'starting' THEN s.started_at
            ELSE now() END,
        state = excluded.state, heartbeat_at = now(), in_flight = excluded.in_flight, completed = excluded.completed,
        rejected = excluded.rejected, retried = excluded.retried, in_doubt = excluded.in_doubt,
        listening = excluded.listening, last_error = excluded.last_error, last_error_at = excluded.last_error_at;
    IF p_state = 'starting' THEN
        WITH gone AS (
            DELETE FROM giftbridge.status AS s WHERE s.heartbeat_at < now() - interval '7 days' RETURNING s.worker
        ), accounts AS (
            DELETE FROM giftbridge.accounts AS a USING gone WHERE a.worker = gone.worker
        ), unreachable AS (
            DELETE FROM giftbridge.unreachable AS u USING gone WHERE u.worker = gone.worker
        )
        -- If a worker has no key for a shop, its name is used in place of the host (tell_accounts).
        DELETE FROM giftbridge.set_aside AS a USING gone WHERE a.account = '-@' || gone.worker;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.heartbeat(text, text, integer, text, text, integer, bigint, bigint, bigint, bigint, boolean, text, double precision) IS 'Updates a worker''s row in giftbridge.status.';
