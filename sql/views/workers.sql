-- One row per worker process, as seen from outside: giftbridge.status, whose state is what the worker last said of itself, and
-- `dead` for one that has said nothing for a minute.
-- For operators and monitors (command `status`, status page, metrics); no secrets.
CREATE OR REPLACE VIEW giftbridge.workers AS
SELECT s.worker, s.host, s.pid, s.version,
    giftbridge.worker_state(s.state, s.heartbeat_at) AS state,
    s.started_at, s.heartbeat_at,
    extract(epoch FROM now() - s.heartbeat_at)::double precision AS heartbeat_seconds,
    s.in_flight, s.completed, s.rejected, s.retried, s.in_doubt, s.listening, s.last_error, s.last_error_at
FROM giftbridge.status AS s;
COMMENT ON VIEW giftbridge.workers IS 'One row per worker process; state dead: no heartbeat for a minute.';
