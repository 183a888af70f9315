-- One row per shop: what waits, what needs a person, what the allowance has left, and how long the backlog will take.
-- For operators and monitors (command `status`, status page, metrics): no codes, no personal data.
--
-- eta_seconds: until what is due now has been answered. Shops of a rate group take turns, so while this shop's orders leave,
-- as many of each of the others' do. Null: not known, because the shop is paused, no worker runs, or none has begun yet.
CREATE OR REPLACE VIEW giftbridge.queue AS
WITH open AS (
    SELECT o.shop, count(*) FILTER (WHERE o.status = 'pending') AS pending,
        count(*) FILTER (WHERE o.status = 'submitting') AS submitting,
        count(*) FILTER (WHERE o.status = 'in_doubt') AS in_doubt,
        count(*) FILTER (WHERE o.status = 'in_doubt' AND o.due_at IS NULL) AS unprovable,
        min(o.created_at) FILTER (WHERE o.status = 'pending' AND o.submit_after <= now()) AS oldest,
        count(*) FILTER (WHERE o.status <> 'submitting' AND o.due_at <= now()) AS due,
        min(o.due_at) FILTER (WHERE o.status <> 'submitting' AND o.due_at <= now()) AS due_since
    FROM (
        -- One partial index each: never through the finished orders.
        SELECT p.shop, p.status, p.created_at, p.submit_after, p.due_at FROM giftbridge.orders AS p WHERE p.status = 'pending'
        UNION ALL
        SELECT p.shop, p.status, p.created_at, p.submit_after, p.due_at FROM giftbridge.orders AS p WHERE p.status = 'submitting'
        UNION ALL
        SELECT p.shop, p.status, p.created_at, p.submit_after, p.due_at FROM giftbridge.orders AS p WHERE p.status = 'in_doubt'
    ) AS o GROUP BY o.shop
)
SELECT s.name AS shop,
    coalesce(open.pending, 0) AS pending,
    coalesce(open.submitting, 0) AS submitting,
    coalesce(open.in_doubt, 0) AS in_doubt,
    coalesce(refused.rejected, 0) AS rejected,
    coalesce(refused.failed, 0) AS failed,
    finished.completed AS completed_last_hour,
    extract(epoch FROM now() - open.oldest)::double precision AS oldest_pending_seconds,
    allowance.remaining AS allowance_left,
    CASE
        WHEN coalesce(open.due, 0) = 0 THEN 0
        WHEN NOT s.paused AND EXISTS (
            SELECT FROM giftbridge.status AS w WHERE giftbridge.worker_state(w.state, w.heartbeat_at) IN ('starting', 'running')
        ) THEN
            giftbridge.drain_seconds(s.rate_group, turns.requests, turns.since)
    END::double precision AS eta_seconds,
    s.paused,
    s.pause_reason,
    s.paused_until,
    coalesce(refused.rejected, 0) + coalesce(refused.failed, 0) + coalesce(open.unprovable, 0) AS needs_person
FROM giftbridge.shops AS s
CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, now()) AS allowance
LEFT JOIN open ON open.shop = s.name
LEFT JOIN LATERAL (
    SELECT sum(least(other.due, open.due))::bigint AS requests, min(other.due_since) AS since
    FROM open AS other JOIN giftbridge.shops AS t ON t.name = other.shop
    WHERE t.rate_group = s.rate_group AND NOT t.paused
) AS turns ON true
LEFT JOIN (
    SELECT o.shop, count(*) FILTER (WHERE o.status = 'rejected') AS rejected, count(*) FILTER (WHERE o.status = 'failed') AS failed
    FROM giftbridge.orders AS o WHERE o.status IN ('rejected', 'failed') GROUP BY o.shop
) AS refused ON refused.shop = s.name
CROSS JOIN LATERAL (
    -- Found through the journal, whose index is by time; a submission takes minutes at most.
    SELECT count(DISTINCT o.id) AS completed
    FROM giftbridge.submissions AS j JOIN giftbridge.orders AS o ON o.id = j.order_id
    WHERE j.rate_group = s.rate_group AND j.claimed_at > now() - interval '2 hours' AND j.outcome = 'completed'
        AND o.shop = s.name AND o.completed_at > now() - interval '1 hour'
) AS finished;
COMMENT ON VIEW giftbridge.queue IS 'One row per shop: what waits, what needs a person, what the allowance has left (null: no limit), how long the backlog takes (null: not known).';
