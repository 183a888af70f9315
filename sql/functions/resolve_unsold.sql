-- For operators who know that an order in doubt was not sold: it becomes pending and is sent again with the same codes. was_in_doubt
-- stays set: if the operator was wrong, the vendor reports the codes as taken, and the order is recognised as sold.
-- Locks the order. Raises if it is in another state.
CREATE OR REPLACE FUNCTION giftbridge.resolve_unsold(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM giftbridge.require_status(id, '{in_doubt}', 'resolved');
    UPDATE giftbridge.orders AS o
    SET status = 'pending', attempts = 0, verifications = 0, setup_faults = 0, error = NULL, in_doubt_since = NULL, updated_at = now()
    WHERE o.id = resolve_unsold.id;
    PERFORM giftbridge.enqueue_again(id);
    PERFORM giftbridge.act('resolve_unsold', id, NULL, NULL, 'in_doubt', 'pending');
END
$$;
COMMENT ON FUNCTION giftbridge.resolve_unsold(bigint) IS 'Sends an order in doubt again after an operator found that it was not sold.';
