-- One row per shop: what waits, what needs a person, what the allowance has left.
CREATE OR REPLACE VIEW giftbridge.queue AS
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
        WHEN coalesce(open.pending, 0) = 0 THEN 0
        WHEN strictest.rate_limit IS NOT NULL THEN
            greatest(open.pending - allowance.remaining, 0) * extract(epoch FROM strictest.rate_window) / strictest.rate_limit
    END::double precision AS eta_seconds,
    s.paused,
    s.pause_reason
FROM giftbridge.shops AS s
CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, now()) AS allowance
CROSS JOIN LATERAL (
    SELECT min(g.rate_limit) AS rate_limit, max(g.rate_window + giftbridge.rate_margin(g.rate_window)) AS rate_window
    FROM giftbridge.shops AS g WHERE g.rate_group = s.rate_group
) AS strictest
LEFT JOIN (
    SELECT o.shop, count(*) FILTER (WHERE o.status = 'pending') AS pending,
        count(*) FILTER (WHERE o.status = 'submitting') AS submitting,
        count(*) FILTER (WHERE o.status = 'in_doubt') AS in_doubt,
        min(o.created_at) FILTER (WHERE o.status = 'pending' AND o.submit_after <= now()) AS oldest
    FROM (
        -- One partial index each: never through the finished orders.
        SELECT p.shop, p.status, p.created_at, p.submit_after FROM giftbridge.orders AS p WHERE p.status = 'pending'
        UNION ALL
        SELECT p.shop, p.status, p.created_at, p.submit_after FROM giftbridge.orders AS p WHERE p.status = 'submitting'
        UNION ALL
        SELECT p.shop, p.status, p.created_at, p.submit_after FROM giftbridge.orders AS p WHERE p.status = 'in_doubt'
    ) AS o GROUP BY o.shop
) AS open ON open.shop = s.name
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
COMMENT ON VIEW giftbridge.queue IS 'One row per shop: what waits, what needs a person, what the allowance has left (null: no limit).';
