-- Refuses to delete unfinished orders. With a finished order its dependent rows are deleted too; its attempts stay in the journal.
-- Called by triggers orders_keep (per row) and orders_keep_all (TRUNCATE).
CREATE OR REPLACE FUNCTION giftbridge.orders_keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF EXISTS (SELECT FROM giftbridge.due) OR EXISTS (SELECT FROM giftbridge.in_flight)
            OR EXISTS (SELECT FROM giftbridge.attention AS a WHERE a.status = 'in_doubt') THEN
            RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = 'giftbridge.orders cannot be truncated: it has orders that are pending, being sent or in doubt',
                HINT = 'Cancel pending orders with giftbridge.cancel(id); resolve those in doubt with giftbridge.resolve_sold or resolve_unsold.';
        END IF;
        DELETE FROM giftbridge.codes;
        DELETE FROM giftbridge.lookups;
        DELETE FROM giftbridge.attention;
        RETURN NULL;
    END IF;
    IF OLD.status IN ('pending', 'in_doubt') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s: only finished orders can be deleted', OLD.id, OLD.status),
            HINT = 'Cancel a pending order with giftbridge.cancel(id); resolve one in doubt with giftbridge.resolve_sold or resolve_unsold.',
            SCHEMA = 'giftbridge', TABLE = 'orders';
    END IF;
    DELETE FROM giftbridge.codes AS c WHERE c.order_id = OLD.id;
    DELETE FROM giftbridge.lookups AS l WHERE l.order_id = OLD.id;
    DELETE FROM giftbridge.attention AS a WHERE a.order_id = OLD.id;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_keep() IS 'Trigger: refuses to delete unfinished orders.';
