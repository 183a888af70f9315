-- What an allowance has left at p_at: for all requests, for those that are sent again (at most half of it, while fresh orders wait),
-- and when the next may be sent if none may now.
--
-- Called by claim (which has locked the row), look, and, for readers that may not read the table, by the views queue and order_story:
-- hence SECURITY DEFINER. Result: one row; remaining null: no limit.
CREATE OR REPLACE FUNCTION giftbridge.allowance(
    p_name text, p_at timestamptz, OUT remaining integer, OUT remaining_again integer, OUT next_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_allowance giftbridge.allowances;
    v_over      integer;    -- how many places have to become free before one may be used
BEGIN
    SELECT a.* INTO v_allowance FROM giftbridge.allowances AS a WHERE a.name = p_name;
    IF v_allowance.rate_limit IS NOT NULL THEN
        SELECT v_allowance.rate_limit - coalesce(sum(p.taken), 0), (v_allowance.rate_limit + 1) / 2 - coalesce(sum(p.again), 0)
        INTO remaining, remaining_again
        FROM unnest(v_allowance.free_at, v_allowance.taken, v_allowance.taken_again) AS p (at, taken, again) WHERE p.at > p_at;
        IF remaining <= 0 THEN
            v_over := 1 - remaining;
            SELECT min(p.at) INTO next_at FROM (
                SELECT q.at, sum(q.taken) OVER (ORDER BY q.at) AS freed
                FROM unnest(v_allowance.free_at, v_allowance.taken) AS q (at, taken) WHERE q.at > p_at
            ) AS p WHERE p.freed >= v_over;
        END IF;
        remaining := greatest(remaining, 0);
        remaining_again := least(greatest(remaining_again, 0), remaining);
    END IF;
    IF v_allowance.throttled_until > p_at THEN
        remaining := 0;
        remaining_again := 0;
        next_at := greatest(next_at, v_allowance.throttled_until);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.allowance(text, timestamptz) IS 'What an allowance has left (null: no limit), and when the next request may be sent if none may now.';
