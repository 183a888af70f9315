-- Lets a worker ask the vendor which codes of an order in doubt exist (POST /redeem/check). For operators.
-- Locks the order. Raises if it is in another state, or its shop has no site_id.
CREATE OR REPLACE FUNCTION giftbridge.look_up(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    v_order := giftbridge.require_status(id, '{in_doubt}', 'looked up');
    IF NOT EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = v_order.shop AND s.site_id IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be looked up: shop %s has no site_id', id, v_order.shop),
            HINT = 'Set giftbridge.shops.site_id to the vendor''s number of the company''s site.';
    END IF;
    PERFORM giftbridge.look_up_or_wait(id, 'Outcome unknown. ');
    NOTIFY giftbridge_orders;
    PERFORM giftbridge.act('look_up', id, NULL, NULL, NULL, NULL);
END
$$;
COMMENT ON FUNCTION giftbridge.look_up(bigint) IS 'Asks the vendor which codes of an order in doubt exist.';
