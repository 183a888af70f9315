-- Sends a rejected or failed order again: it becomes pending, with its attempts counted anew. For shops and operators.
-- Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.retry(id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM giftbridge.require_status(id, '{rejected,failed}', 'retried');
    UPDATE giftbridge.orders AS o
    SET status = 'pending', attempts = 0, error = NULL, due_at = greatest(now(), o.submit_after), updated_at = now()
    WHERE o.id = retry.id;
    NOTIFY giftbridge_orders;
END
$$;
COMMENT ON FUNCTION giftbridge.retry(bigint) IS 'Sends a rejected or failed order again.';
