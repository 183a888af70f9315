-- What each shop asks of the vendor: its address and allowance, the payment methods of the shop and of the newest 2,000 orders, and
-- those orders' delivery methods that the shop calls neither online nor offline. No codes, no personal data.
-- By calls/check_shops.sql (command `check`), and by calls/orders.sql and calls/order_find.sql for the shops' names.
CREATE OR REPLACE VIEW giftbridge.shop_setup AS
SELECT s.name, s.api_url, s.paused, s.pause_reason, s.assign_codes, s.rate_group, limits.rate_limit, limits.rate_window,
    (SELECT array_agg(DISTINCT used.method ORDER BY used.method) FROM (
        SELECT s.payment_method AS method UNION ALL
        SELECT o.payment_method FROM giftbridge.orders AS o WHERE o.shop = s.name AND o.id > newest.id - 2000
    ) AS used WHERE used.method IS NOT NULL) AS payment_methods,
    (SELECT array_agg(DISTINCT o.delivery_method ORDER BY o.delivery_method) FROM giftbridge.orders AS o
     WHERE o.shop = s.name AND o.id > newest.id - 2000 AND o.delivery_method <> ALL (s.online_methods || s.offline_methods)
    ) AS unknown_delivery_methods
FROM giftbridge.shops AS s
CROSS JOIN LATERAL (
    SELECT min(g.rate_limit) AS rate_limit, max(g.rate_window) AS rate_window FROM giftbridge.shops AS g WHERE g.rate_group = s.rate_group
) AS limits
CROSS JOIN (SELECT coalesce(max(o.id), 0) AS id FROM giftbridge.orders AS o) AS newest;
COMMENT ON VIEW giftbridge.shop_setup IS 'What each shop asks of the vendor, for giftbridge check.';
