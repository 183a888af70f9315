-- The pending orders' lanes: one row per shop and priority, with the earliest due time in it.
-- Steps from lane to lane through orders_pending_idx, so that its cost grows with the lanes and not with the backlog.
-- PL/pgSQL keeps its plan; LANGUAGE sql would plan at each call. Called by claim and next_due. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.lanes() RETURNS TABLE (shop text, priority integer, due_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
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
    SELECT lane.shop, - lane.negated, lane.due_at FROM lane;
END
$$;
COMMENT ON FUNCTION giftbridge.lanes() IS 'One row per shop and priority that has pending orders, with the earliest due time.';
