-- Orders completed within the last hour, by how many minutes ago that was; minutes without any are left out. No orders, only counts.
-- Found through the journal's index by time; a submission takes minutes at most. By calls/sold_by_minute.sql (status page).
CREATE OR REPLACE VIEW giftbridge.sold_by_minute AS
SELECT floor(extract(epoch FROM now() - o.completed_at) / 60)::integer AS minutes_ago, count(DISTINCT o.id) AS sold
FROM giftbridge.submissions AS j JOIN giftbridge.orders AS o ON o.id = j.order_id
WHERE j.rate_group = ANY (ARRAY(SELECT s.rate_group FROM giftbridge.shops AS s)) AND j.claimed_at > now() - interval '2 hours'
    AND j.outcome = 'completed' AND o.completed_at > now() - interval '1 hour'
GROUP BY 1;
COMMENT ON VIEW giftbridge.sold_by_minute IS 'Orders completed within the last hour, by how many minutes ago.';
