-- Sends a rejected or failed order again: it becomes pending, with its attempts counted anew. For shops and operators.
-- Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.retry(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM giftbridge.require_status(id, '{rejected,failed}', 'retried');
    IF EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = retry.id AND o.customer_email = 'erased@erased.invalid') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s cannot be retried: its personal data was erased; insert a new order', id);
    END IF;
    UPDATE giftbridge.orders AS o
    SET status = 'pending', attempts = 0, error = NULL, due_at = greatest(now(), o.submit_after), updated_at = now()
    WHERE o.id = retry.id;
    NOTIFY giftbridge_orders;
END
$$;
COMMENT ON FUNCTION giftbridge.retry(bigint) IS 'Sends a rejected or failed order again.';
