-- The state chart: refuses a change of status that is not in it. Called by trigger orders_transition for every change except to
-- completed, which is allowed from any state, because a late success is a fact.
CREATE OR REPLACE FUNCTION giftbridge.orders_refuse_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'rejected'), ('pending', 'failed'), ('pending', 'in_doubt'), ('pending', 'cancelled'),
        ('in_doubt', 'pending'), ('in_doubt', 'cancelled'),
        ('rejected', 'pending'), ('failed', 'pending'),
        -- A late or lost answer may make the outcome unknown again.
        ('rejected', 'in_doubt'), ('failed', 'in_doubt'), ('cancelled', 'in_doubt'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s and cannot become %s', OLD.id, OLD.status, NEW.status),
            SCHEMA = 'giftbridge', TABLE = 'orders', COLUMN = 'status';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_refuse_transition() IS 'Trigger: refuses a change of status that is not in the state chart.';
