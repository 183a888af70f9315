-- How many requests of a rate group may leave at p_at, and when the next one may if none may now.
-- Counted from the journal: at most rate_limit rows within any rate_window plus margin, so that neither the alignment of the
-- vendor's window nor other workers can exceed it. Where shops of a group differ, the strictest counts.
-- Called by claim (which holds the group's lock), next_due and the queue view. Result: one row; remaining null: no limit.
CREATE OR REPLACE FUNCTION giftbridge.allowance(p_group text, p_at timestamptz, OUT remaining integer, OUT next_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit     integer;
    v_window    interval;
    v_throttled timestamptz;
    v_used      integer;
    v_oldest    timestamptz;
BEGIN
    SELECT min(s.rate_limit), max(s.rate_window + giftbridge.rate_margin(s.rate_window)), max(s.throttled_until)
    INTO v_limit, v_window, v_throttled
    FROM giftbridge.shops AS s WHERE s.rate_group = p_group;

    IF v_limit IS NOT NULL THEN
        SELECT count(*), min(recent.claimed_at) INTO v_used, v_oldest
        FROM (SELECT j.claimed_at FROM giftbridge.submissions AS j
              WHERE j.rate_group = p_group AND j.claimed_at > p_at - v_window AND j.outcome IS DISTINCT FROM 'released'
              ORDER BY j.claimed_at DESC LIMIT v_limit) AS recent;
        remaining := v_limit - v_used;
        IF remaining = 0 THEN
            next_at := v_oldest + v_window;
        END IF;
    END IF;
    IF v_throttled > p_at THEN
        remaining := 0;
        next_at := greatest(next_at, v_throttled);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.allowance(text, timestamptz) IS 'How many requests of a rate group may leave now (null: no limit), and when the next may if none.';
