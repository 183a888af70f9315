-- What each shop asks of the vendor: payment methods of the shop and of the newest 2,000 orders, delivery methods of those
-- orders that the shop calls neither online nor offline.
WITH recent AS MATERIALIZED (
    -- The newest by number: found without a look at all orders.
    SELECT o.shop, o.payment_method, o.delivery_method FROM giftbridge.orders AS o ORDER BY o.id DESC LIMIT 2000
)
SELECT s.name, s.api_url, s.paused, s.pause_reason, s.assign_codes, s.rate_group, limits.rate_limit,
    extract(epoch FROM limits.rate_window)::double precision AS rate_window, allowance.remaining AS allowance_left,
    (SELECT array_agg(DISTINCT used.method ORDER BY used.method) FROM (
        SELECT s.payment_method AS method UNION ALL
        SELECT recent.payment_method FROM recent WHERE recent.shop = s.name) AS used WHERE used.method IS NOT NULL) AS payment_methods,
    (SELECT array_agg(DISTINCT recent.delivery_method ORDER BY recent.delivery_method) FROM recent
     WHERE recent.shop = s.name AND recent.delivery_method <> ALL (s.online_methods || s.offline_methods)) AS unknown_delivery_methods
FROM giftbridge.shops AS s
CROSS JOIN LATERAL (
    SELECT min(g.rate_limit) AS rate_limit, max(g.rate_window) AS rate_window FROM giftbridge.shops AS g WHERE g.rate_group = s.rate_group
) AS limits
CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, now()) AS allowance
ORDER BY s.name
