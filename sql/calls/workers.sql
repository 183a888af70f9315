-- Times as seconds since 1970.
SELECT w.worker, w.host, w.pid, w.version, w.state, extract(epoch FROM w.started_at)::double precision AS started_at,
    extract(epoch FROM w.heartbeat_at)::double precision AS heartbeat_at, w.heartbeat_seconds, w.in_flight, w.completed, w.rejected,
    w.retried, w.in_doubt, w.listening, w.last_error, extract(epoch FROM w.last_error_at)::double precision AS last_error_at
FROM giftbridge.workers AS w
-- Who lives first; then who was heard of last.
ORDER BY w.state IN ('dead', 'stopped'), w.heartbeat_at DESC, w.worker
