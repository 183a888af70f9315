-- When each request of a rate group that still counts against p_window frees its place, the earliest first.
--
-- The vendor counts a request when it arrives, which is some time between its claim and its answer. So each counts from its
-- claim until its window after its *answer* (finished_at) has passed, plus a margin: then no window of that length, however
-- the vendor aligns its own and however slow a request was on its way, sees more requests than have places. What has no
-- answer counts as if it had arrived within a tenth of the window, and an answer that took longer than the window as if it
-- had taken that: a dead worker's requests must not block the allowance until its leases end.
--
-- Called by allowance and drain_seconds. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.allowance_places(p_group text, p_window interval, p_at timestamptz) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_window CONSTANT interval := p_window + giftbridge.rate_margin(p_window);
BEGIN
    RETURN ARRAY(
        SELECT place.free_at
        FROM (SELECT j.claimed_at + v_window + least(coalesce(j.finished_at - j.claimed_at, p_window / 10), p_window) AS free_at
              FROM giftbridge.submissions AS j
              WHERE j.rate_group = p_group AND j.claimed_at > p_at - v_window - p_window
                  AND j.outcome IS DISTINCT FROM 'released') AS place
        WHERE place.free_at > p_at ORDER BY place.free_at);
END
$$;
COMMENT ON FUNCTION giftbridge.allowance_places(text, interval, timestamptz) IS 'When each request of a rate group that still counts frees its place.';
