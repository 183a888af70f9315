-- Fills in what follows from the shop's name, and wakes the workers: a mended or resumed shop may have work.
-- Called by trigger shops_defaults before INSERT or UPDATE of a shop.
CREATE OR REPLACE FUNCTION giftbridge.shops_defaults() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.rate_group := coalesce(NEW.rate_group, NEW.name);
    IF NOT NEW.paused THEN
        NEW.paused_until := NULL;
        NEW.pause_reason := NULL;
        NEW.setup_faults := 0;
        NEW.setup_fault_at := NULL;
        -- A throttle is no news of work.
        IF TG_OP = 'INSERT' OR NEW.throttled_until IS NOT DISTINCT FROM OLD.throttled_until THEN
            NOTIFY giftbridge_orders;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.shops_defaults() IS 'Trigger: fills in a shop''s rate group and tidies its pause.';
