-- The state chart: refuses a change of status that is not in it. Called by trigger orders_transition, which lets pass by itself
-- what every order goes through.
CREATE OR REPLACE FUNCTION giftbridge.orders_refuse_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'submitting'), ('pending', 'cancelled'),
        -- A late success is the truth, whatever was thought meanwhile.
        ('pending', 'completed'), ('rejected', 'completed'), ('failed', 'completed'),
        ('submitting', 'completed'), ('submitting', 'rejected'), ('submitting', 'failed'), ('submitting', 'pending'),
        ('submitting', 'in_doubt'),
        ('in_doubt', 'submitting'), ('in_doubt', 'completed'), ('in_doubt', 'pending'),
        ('rejected', 'pending'), ('failed', 'pending'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s and cannot become %s', OLD.id, OLD.status, NEW.status),
            SCHEMA = 'giftbridge', TABLE = 'orders', COLUMN = 'status';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_refuse_transition() IS 'Trigger: refuses a change of status that the state chart does not have.';
