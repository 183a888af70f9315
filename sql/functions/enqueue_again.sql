-- Queues an order again after an operator's decision, in the lane for its history. Called by retry, resolve_unsold and
-- verify, which have locked the order; wakes the workers.
CREATE OR REPLACE FUNCTION giftbridge.enqueue_again(p_order_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM giftbridge.attention AS a WHERE a.order_id = p_order_id;
    INSERT INTO giftbridge.due AS d (order_id, shop, lane, due_at, expires_at)
    SELECT o.id, o.shop, CASE WHEN o.was_in_doubt THEN 200 ELSE - o.priority END, greatest(now(), o.submit_after),
        CASE WHEN NOT o.was_in_doubt THEN o.expires_at END
    FROM giftbridge.orders AS o WHERE o.id = p_order_id
    ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at, lane = excluded.lane, is_lookup = false;
    NOTIFY giftbridge_orders;
END
$$;
COMMENT ON FUNCTION giftbridge.enqueue_again(bigint) IS 'Queues an order again after an operator''s decision.';
