-- Prevents a shop's change of a pending order and its claim from interfering. The one that locks the order's row in due first goes first: a claim
-- skips an order that is being changed; a change waits for a claim that is about to commit, and is then refused.
-- Called by trigger orders_hold, after the check. Locks the order's row in due until the transaction ends.
CREATE OR REPLACE FUNCTION giftbridge.orders_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.status = 'pending' THEN
        PERFORM FROM giftbridge.due AS d WHERE d.order_id = OLD.id FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('order %s is being sent: it can be changed only while pending, rejected or failed', OLD.id),
                SCHEMA = 'giftbridge', TABLE = 'orders';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_hold() IS 'Trigger: prevents a change of a pending order from interfering with its claim.';
