-- Handles an order in doubt that must not simply be sent again: its codes are looked up if the shop's site number is known; otherwise it
-- needs a decision. p_sentence: the reason, as a sentence with a blank at its end.
-- Called by settle_one and look_up. The order is locked, in doubt, and neither in due nor in flight.
CREATE OR REPLACE FUNCTION giftbridge.look_up_or_wait(p_order_id bigint, p_sentence text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM giftbridge.lookups AS l WHERE l.order_id = p_order_id;
    DELETE FROM giftbridge.attention AS a WHERE a.order_id = p_order_id;
    DELETE FROM giftbridge.due AS d WHERE d.order_id = p_order_id;
    IF EXISTS (SELECT FROM giftbridge.orders AS o JOIN giftbridge.shops AS s ON s.name = o.shop
        WHERE o.id = p_order_id AND s.site_id IS NOT NULL AND EXISTS (
            SELECT FROM giftbridge.codes AS c WHERE c.order_id = p_order_id AND c.position <= jsonb_array_length(o.items))) THEN
        UPDATE giftbridge.orders AS o SET error = p_sentence || 'Giftbridge will look up its codes.' WHERE o.id = p_order_id;
        INSERT INTO giftbridge.due (order_id, shop, lane, due_at, is_lookup)
        SELECT o.id, o.shop, 200, now(), true FROM giftbridge.orders AS o WHERE o.id = p_order_id;
    ELSE
        UPDATE giftbridge.orders AS o SET error = p_sentence || 'Ask the vendor, then resolve the order.' WHERE o.id = p_order_id;
        INSERT INTO giftbridge.attention (order_id, shop, status)
        SELECT o.id, o.shop, 'in_doubt' FROM giftbridge.orders AS o WHERE o.id = p_order_id;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.look_up_or_wait(bigint, text) IS 'Looks up the codes of an order in doubt, or marks it as needing a decision.';
