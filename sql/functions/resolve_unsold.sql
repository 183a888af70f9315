-- A person found that an order in doubt was not sold: it becomes pending and is sent again, with the same codes.
-- Should the vendor hold one of them as taken, the person was wrong: the order is in doubt again, and gets no new codes.
-- For operators. Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.resolve_unsold(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM giftbridge.require_status(id, '{in_doubt}', 'resolved');
    UPDATE giftbridge.orders AS o
    SET status = 'pending', attempts = 0, codes_renewed = true, error = NULL, in_doubt_since = NULL, due_at = greatest(now(), o.submit_after),
        updated_at = now()
    WHERE o.id = resolve_unsold.id;
    NOTIFY giftbridge_orders;
END
$$;
COMMENT ON FUNCTION giftbridge.resolve_unsold(bigint) IS 'Sends an order in doubt again that a person found not to be sold.';
