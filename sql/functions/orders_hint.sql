-- Tells the workers that something may be due: a hint, never data. Called by the constraint trigger orders_hint, at the end of
-- the shop's transaction: a NOTIFY takes a lock of the whole server, so it is sent only while a worker is idle. A worker says so
-- (set_idle) before it looks for the last time; what this transaction commits meanwhile, its next looks find.
CREATE OR REPLACE FUNCTION giftbridge.orders_hint() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM giftbridge.idle_workers) THEN
        NOTIFY giftbridge_orders;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_hint() IS 'Trigger: wakes the workers if one is idle.';
