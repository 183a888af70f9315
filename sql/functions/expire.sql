-- Marks orders whose expires_at has passed as failed instead of sending them; only orders that were never in doubt.
-- Called by claim and rescue, which have removed them from due.
CREATE OR REPLACE FUNCTION giftbridge.expire(p_order_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH expired AS (
        UPDATE giftbridge.orders AS o
        SET status = 'failed', error = 'Not sold: the order expired before it could be sent (expires_at).', updated_at = now()
        WHERE o.id = ANY (p_order_ids) AND o.status = 'pending' AND NOT o.was_in_doubt
        RETURNING o.id, o.shop
    )
    INSERT INTO giftbridge.attention (order_id, shop, status) SELECT e.id, e.shop, 'failed' FROM expired AS e
    ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
END
$$;
COMMENT ON FUNCTION giftbridge.expire(bigint[]) IS 'Marks orders whose expires_at has passed as failed.';
