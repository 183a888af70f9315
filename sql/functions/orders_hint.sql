-- Notifies the workers that something may be due: a hint, never data. Called by the statement trigger orders_hint.
CREATE OR REPLACE FUNCTION giftbridge.orders_hint() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NOTIFY giftbridge_orders;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_hint() IS 'Trigger: wakes the workers, once per statement.';
