-- Applies what the vendor said about an allowance. `throttled`: it answered 429; no worker sends a request before p_wait is over.
-- `spent`: it said that its window is used up and ends after p_wait. If our own count agrees, nothing more is needed. If not,
-- something else uses the same key (or no limit is set), and the allowance is closed until the window has ended.
-- p_wait is limited to 15 minutes. Called by settle_one. Locks the allowance.
CREATE OR REPLACE FUNCTION giftbridge.throttle(p_allowance text, p_effect text, p_wait interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wait interval := least(p_wait, interval '15 min');
BEGIN
    IF p_effect = 'spent' THEN
        IF (SELECT a.remaining FROM giftbridge.allowance(p_allowance, clock_timestamp()) AS a) IS NOT DISTINCT FROM 0 THEN
            RETURN;
        END IF;
        SELECT least(v_wait, a.rate_window) INTO v_wait FROM giftbridge.allowances AS a WHERE a.name = p_allowance;
    END IF;
    UPDATE giftbridge.allowances AS a SET throttled_until = greatest(a.throttled_until, clock_timestamp() + v_wait)
    WHERE a.name = p_allowance;
END
$$;
COMMENT ON FUNCTION giftbridge.throttle(text, text, interval) IS 'Applies what the vendor said about an allowance: 429, or that its window is used up.';
