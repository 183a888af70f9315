-- Handles an accepted answer for an order that is already completed. If the order has no reference yet, it gets this one. Two different
-- references from two accepted answers mean that it may have been sold twice: then the order's error says so, and the result is
-- `sold_again`.
-- Called by settle_one and settle_late, which have locked the order.
CREATE OR REPLACE FUNCTION giftbridge.sold_again(p_order giftbridge.orders, p_reference text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_order.order_reference IS NULL AND p_reference IS NOT NULL THEN
        UPDATE giftbridge.orders AS o SET order_reference = p_reference, error = NULL, updated_at = now() WHERE o.id = p_order.id;
    ELSIF p_order.order_reference <> p_reference THEN
        UPDATE giftbridge.orders AS o
        SET error = concat_ws(' ', o.error, format('The vendor also accepted it as %s: ask the vendor whether it was sold twice.', p_reference)),
            updated_at = now()
        -- Added only once, even if the same result comes several times.
        WHERE o.id = p_order.id AND strpos(coalesce(o.error, ''), format('also accepted it as %s: ', p_reference)) = 0;
        RETURN 'sold_again';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.sold_again(giftbridge.orders, text) IS 'Handles an accepted answer for an order that is already completed.';
