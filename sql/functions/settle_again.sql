-- Handles an accepted answer whose order was completed before, or no longer exists. Called by settle.
CREATE OR REPLACE FUNCTION giftbridge.settle_again(
    p_order_id bigint, p_token uuid, p_reference text, p_codes text[], OUT status text, OUT is_applied boolean, OUT note text
)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    SELECT o.* INTO v_order FROM giftbridge.orders AS o WHERE o.id = p_order_id FOR UPDATE;
    IF FOUND THEN
        note := giftbridge.sold_again(v_order, p_reference);
        status := v_order.status;
        is_applied := note IS NULL;
    ELSE
        SELECT g.status, g.is_applied, g.note INTO status, is_applied, note
        FROM giftbridge.settle_gone(p_order_id, p_token, p_reference, p_codes) AS g;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.settle_again(bigint, uuid, text, text[]) IS 'Handles an accepted answer whose order was completed before, or no longer exists.';
