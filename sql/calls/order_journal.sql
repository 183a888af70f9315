-- $1 order. Times as seconds since 1970.
SELECT j.id, j.kind, j.attempt, j.worker, extract(epoch FROM j.claimed_at)::double precision AS claimed_at,
    extract(epoch FROM j.finished_at)::double precision AS finished_at, j.http_status, j.outcome, j.error
FROM giftbridge.attempts AS j WHERE j.order_id = $1 ORDER BY j.id
