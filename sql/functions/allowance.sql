-- How many requests of a rate group may leave at p_at, and when the next one may if none may now: counted from the journal
-- (allowance_places). Where shops of a group differ, the strictest counts.
--
-- Called by claim (which holds the group's lock), next_due, allowance_spent and, for readers that may not read the journal,
-- by the views queue and order_story: hence SECURITY DEFINER. Result: one row; remaining null: no limit.
CREATE OR REPLACE FUNCTION giftbridge.allowance(p_group text, p_at timestamptz, OUT remaining integer, OUT next_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit     integer;
    v_window    interval;
    v_throttled timestamptz;
    v_free_at   timestamptz[];
BEGIN
    SELECT min(s.rate_limit), max(s.rate_window), max(s.throttled_until) INTO v_limit, v_window, v_throttled
    FROM giftbridge.shops AS s WHERE s.rate_group = p_group;

    IF v_limit IS NOT NULL THEN
        v_free_at := giftbridge.allowance_places(p_group, v_window, p_at);
        remaining := greatest(v_limit - cardinality(v_free_at), 0);
        IF remaining = 0 THEN
            next_at := v_free_at[cardinality(v_free_at) - v_limit + 1];
        END IF;
    END IF;
    IF v_throttled > p_at THEN
        remaining := 0;
        next_at := greatest(next_at, v_throttled);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.allowance(text, timestamptz) IS 'How many requests of a rate group may leave now (null: no limit), and when the next may if none.';
