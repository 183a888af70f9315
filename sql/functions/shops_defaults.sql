-- Fills in what follows from the shop's name, keeps the allowance when the shop moves to another rate group, and wakes the
-- workers: a mended or resumed shop may have work.
-- Called by trigger shops_defaults before INSERT or UPDATE of a shop.
CREATE OR REPLACE FUNCTION giftbridge.shops_defaults() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit  integer;
    v_window interval;
BEGIN
    NEW.rate_group := coalesce(NEW.rate_group, NEW.name);
    -- What it sent counts where it was; the new group waits until that is over, as the vendor may count it there.
    IF TG_OP = 'UPDATE' AND NEW.rate_group <> OLD.rate_group THEN
        SELECT min(joined.rate_limit), max(joined.rate_window) INTO v_limit, v_window
        FROM (SELECT NEW.rate_limit, NEW.rate_window UNION ALL
              SELECT s.rate_limit, s.rate_window FROM giftbridge.shops AS s
              WHERE s.rate_group = NEW.rate_group AND s.name <> NEW.name) AS joined (rate_limit, rate_window);
        IF v_limit IS NOT NULL AND EXISTS (SELECT FROM giftbridge.submissions AS j
            WHERE j.rate_group = OLD.rate_group AND j.claimed_at > clock_timestamp() - 2 * v_window) THEN
            NEW.throttled_until := greatest(NEW.throttled_until,
                clock_timestamp() + v_window + giftbridge.rate_margin(v_window) + v_window / 10);
        END IF;
    END IF;
    IF NOT NEW.paused THEN
        NEW.paused_until := NULL;
        NEW.pause_reason := NULL;
        NEW.setup_faults := 0;
        NEW.setup_fault_at := NULL;
        -- A throttle is no news of work.
        IF TG_OP = 'INSERT' OR NEW.throttled_until IS NOT DISTINCT FROM OLD.throttled_until OR NEW.rate_group <> OLD.rate_group THEN
            NOTIFY giftbridge_orders;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.shops_defaults() IS 'Trigger: fills in a shop''s rate group and tidies its pause.';
