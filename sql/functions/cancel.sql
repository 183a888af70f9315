-- Withdraws an order before it is sent. For shops and operators. Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.cancel(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM giftbridge.require_status(id, '{pending}', 'cancelled');
    UPDATE giftbridge.orders AS o SET status = 'cancelled', due_at = NULL, updated_at = now() WHERE o.id = cancel.id;
END
$$;
COMMENT ON FUNCTION giftbridge.cancel(bigint) IS 'Withdraws a pending order.';
