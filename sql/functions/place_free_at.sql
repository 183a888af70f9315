-- When the place of a request in its allowance becomes free: a window after its answer, plus a margin.
--
-- The vendor counts a request when it arrives, at some time between its claim and its answer. So each request counts from its claim
-- until one window after its answer. Then no window of that length has more requests than allowed, however the vendor aligns its
-- windows and however long a request was in transit. A request without an answer counts as if it had arrived within a tenth of the
-- window, and one that was answered later than a window as if it had taken one window, because a dead worker's requests must not block
-- the allowance until their leases expire.
--
-- Called by claim, settle and rescue. p_took: from claim to answer; null: not answered. Where the limit is high the time is rounded
-- up to a two-hundredth of the window, so that few different times are kept.
CREATE OR REPLACE FUNCTION giftbridge.place_free_at(p_claimed_at timestamptz, p_took interval, p_limit integer, p_window interval)
RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_free_at CONSTANT timestamptz := p_claimed_at + p_window + giftbridge.rate_margin(p_window)
        + least(coalesce(p_took, p_window / 10), p_window);
    v_step    CONSTANT double precision := extract(epoch FROM p_window) / 200;
BEGIN
    IF p_limit <= 200 THEN
        RETURN v_free_at;
    END IF;
    RETURN to_timestamp(ceil(extract(epoch FROM v_free_at) / v_step) * v_step);
END
$$;
COMMENT ON FUNCTION giftbridge.place_free_at(timestamptz, interval, integer, interval) IS 'When the place of a request in its allowance becomes free.';
