-- The pending orders' lanes: one row per shop and priority, with the earliest due time in it.
-- Steps from lane to lane through orders_pending_idx, so that its cost grows with the lanes and not with the backlog.
-- A view, and not a function, as PostgreSQL puts it into the plans of those that ask it: claim and next_due. For nobody else.
CREATE OR REPLACE VIEW giftbridge.lanes AS
WITH RECURSIVE lane AS (
    (SELECT o.shop, - o.priority::integer AS negated, o.due_at
     FROM giftbridge.orders AS o WHERE o.status = 'pending'
     ORDER BY o.shop, - o.priority::integer, o.due_at LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM lane CROSS JOIN LATERAL (
        SELECT o.shop, - o.priority::integer AS negated, o.due_at
        FROM giftbridge.orders AS o
        WHERE o.status = 'pending' AND (o.shop, - o.priority::integer) > (lane.shop, lane.negated)
        ORDER BY o.shop, - o.priority::integer, o.due_at LIMIT 1) AS following
)
SELECT lane.shop, - lane.negated AS priority, lane.due_at FROM lane;
COMMENT ON VIEW giftbridge.lanes IS 'One row per shop and priority that has pending orders, with the earliest due time.';
