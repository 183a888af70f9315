-- Sends a rejected or failed order again: it becomes pending, with its attempts counted from 0. For shops and operators.
-- Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.retry(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    v_order := giftbridge.require_status(id, '{rejected,failed}', 'retried');
    IF v_order.customer_email = 'erased@erased.invalid' THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be retried: its personal data was erased; insert a new order', id);
    ELSIF v_order.expires_at <= now() THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be retried: it has expired; set expires_at to a later time, or to null, first', id);
    END IF;
    UPDATE giftbridge.orders AS o SET status = 'pending', attempts = 0, setup_faults = 0, error = NULL, updated_at = now() WHERE o.id = retry.id;
    PERFORM giftbridge.enqueue_again(id);
    PERFORM giftbridge.act('retry', id, NULL, NULL, v_order.status, 'pending');
END
$$;
COMMENT ON FUNCTION giftbridge.retry(bigint) IS 'Sends a rejected or failed order again.';
