-- An accepted answer for an order that is completed already. Where the order has no reference yet, this is it. Two different references
-- from two accepted answers mean that it may have been sold twice: that stands in the order's error, and the result is `sold_again`.
-- Called by settle_one and settle_late, which have locked the order.
CREATE OR REPLACE FUNCTION giftbridge.sold_again(p_order giftbridge.orders, p_reference text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_order.order_reference IS NULL AND p_reference IS NOT NULL THEN
        UPDATE giftbridge.orders AS o SET order_reference = p_reference, error = NULL, updated_at = now() WHERE o.id = p_order.id;
    ELSIF p_order.order_reference <> p_reference THEN
        UPDATE giftbridge.orders AS o
        SET error = concat_ws(' ', o.error, format('The vendor accepted it as %s, too: ask the vendor whether it was sold twice.', p_reference)),
            updated_at = now()
        -- Once, however often the same result comes.
        WHERE o.id = p_order.id AND strpos(coalesce(o.error, ''), format(' as %s, too: ', p_reference)) = 0;
        RETURN 'sold_again';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.sold_again(giftbridge.orders, text) IS 'An accepted answer for an order that is completed already.';
