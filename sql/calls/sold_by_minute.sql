-- Orders completed within the last hour, by how many minutes ago; minutes without any are left out. For the status page.
-- Found through the journal's index by time; a submission takes minutes at most.
SELECT floor(extract(epoch FROM now() - o.completed_at) / 60)::integer AS minutes_ago, count(DISTINCT o.id) AS sold
FROM giftbridge.submissions AS j JOIN giftbridge.orders AS o ON o.id = j.order_id
WHERE j.rate_group = ANY (ARRAY(SELECT s.rate_group FROM giftbridge.shops AS s)) AND j.claimed_at > now() - interval '2 hours'
    AND j.outcome = 'completed' AND o.completed_at > now() - interval '1 hour'
GROUP BY 1
