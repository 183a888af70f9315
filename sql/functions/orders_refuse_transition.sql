-- Refuses a change of status that the state chart does not have. Called by trigger orders_transition, whose condition is the chart.
CREATE OR REPLACE FUNCTION giftbridge.orders_refuse_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = format('order %s is %s and cannot become %s', OLD.id, OLD.status, NEW.status),
        SCHEMA = 'giftbridge', TABLE = 'orders', COLUMN = 'status';
END
$$;
COMMENT ON FUNCTION giftbridge.orders_refuse_transition() IS 'Trigger: refuses a change of status that the state chart does not have.';
