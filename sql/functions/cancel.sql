-- Withdraws an order before it is sent. For shops and operators. An order that was ever in doubt may have been sold: only an operator
-- cancels it, with p_force and a reason. Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.cancel(id bigint, force boolean DEFAULT false, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    v_order := giftbridge.require_status(id, CASE WHEN force THEN '{pending,in_doubt}' ELSE '{pending}' END::text[], 'cancelled');
    IF v_order.was_in_doubt THEN
        IF NOT force THEN
            RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('order %s was in doubt and may have been sold: only an operator can cancel it', id),
                HINT = format('Ask the vendor, then run: giftbridge cancel %s --force --reason TEXT', id);
        ELSIF coalesce(reason, '') = '' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('order %s was in doubt: give a reason for cancelling it', id);
        ELSIF NOT giftbridge.is_operator() THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('order %s was in doubt: only an operator can cancel it', id);
        END IF;
    END IF;
    DELETE FROM giftbridge.due AS d WHERE d.order_id = cancel.id;
    DELETE FROM giftbridge.attention AS a WHERE a.order_id = cancel.id;
    UPDATE giftbridge.orders AS o SET status = 'cancelled', in_doubt_since = NULL, updated_at = now() WHERE o.id = cancel.id;
    PERFORM giftbridge.act('cancel', id, NULL, reason, v_order.status, 'cancelled');
END
$$;
COMMENT ON FUNCTION giftbridge.cancel(bigint, boolean, text) IS 'Withdraws a pending order; with force, as an operator, one that was in doubt.';
