-- Verifies an order in doubt now, with the account that the workers have. The operator confirms that this account belongs to the same
-- company as the one to which the order was sent (after a rotated key or a changed address). Resets the count of verifications. For operators.
-- Locks the order. Raises if it is in another state, or if Giftbridge assigned none of its codes.
CREATE OR REPLACE FUNCTION giftbridge.verify(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    v_order := giftbridge.require_status(id, '{in_doubt}', 'verified');
    IF NOT EXISTS (SELECT FROM giftbridge.codes AS c WHERE c.order_id = verify.id AND c.is_assigned) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be verified: Giftbridge did not assign its codes, and sending it again could sell it twice', id);
    ELSIF (SELECT t.codes_ignored_at IS NOT NULL FROM giftbridge.shop_state AS t WHERE t.shop = v_order.shop) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be verified: the vendor of shop %s ignores voucher codes, and sending it again could sell it twice', id, v_order.shop);
    END IF;
    UPDATE giftbridge.orders AS o
    SET sent_to = NULL, verifications = 0, updated_at = now(), error = 'Outcome unknown. Giftbridge will verify it now.' WHERE o.id = verify.id;
    PERFORM giftbridge.enqueue_again(id);
    PERFORM giftbridge.act('verify', id, NULL, NULL, v_order.sent_to, NULL);
END
$$;
COMMENT ON FUNCTION giftbridge.verify(bigint) IS 'Verifies an order in doubt now, with the account that the workers have.';
