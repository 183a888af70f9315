-- How many requests of a rate group may leave at p_at, and when the next one may if none may now.
--
-- Counted from the journal. The vendor counts a request when it arrives, which is some time between its claim and its
-- answer. So each counts from its claim until its window after its *answer* (finished_at) has passed, plus a margin: then
-- no window of that length, however the vendor aligns its own and however slow a request was on its way, sees more than
-- rate_limit. What has no answer counts as if it had arrived within a tenth of the window, and an answer that took longer
-- than the window as if it had taken that: a dead worker's requests must not block the allowance until its leases end.
-- Where shops of a group differ, the strictest counts.
--
-- Called by claim (which holds the group's lock), next_due, allowance_spent and the queue view. Result: one row; remaining
-- null: no limit.
CREATE OR REPLACE FUNCTION giftbridge.allowance(p_group text, p_at timestamptz, OUT remaining integer, OUT next_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit     integer;
    v_window    interval;
    v_throttled timestamptz;
    v_longest   interval;
    v_free_at   timestamptz[];   -- when each request's place is free again, the earliest first
BEGIN
    SELECT min(s.rate_limit), max(s.rate_window), max(s.throttled_until) INTO v_limit, v_window, v_throttled
    FROM giftbridge.shops AS s WHERE s.rate_group = p_group;

    IF v_limit IS NOT NULL THEN
        v_longest := v_window;
        v_window := v_window + giftbridge.rate_margin(v_window);
        v_free_at := ARRAY(
            SELECT place.free_at
            FROM (SELECT j.claimed_at + v_window + least(coalesce(j.finished_at - j.claimed_at, v_longest / 10), v_longest) AS free_at
                  FROM giftbridge.submissions AS j
                  WHERE j.rate_group = p_group AND j.claimed_at > p_at - v_window - v_longest
                      AND j.outcome IS DISTINCT FROM 'released') AS place
            WHERE place.free_at > p_at ORDER BY place.free_at);
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
