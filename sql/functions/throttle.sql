-- The vendor answered 429: nothing of the shop's rate group leaves before p_wait is over, by whichever worker.
-- Called by the worker before it settles such an answer. Locks the group's shops.
CREATE OR REPLACE FUNCTION giftbridge.throttle(p_shop text, p_wait interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE giftbridge.shops AS s
    SET throttled_until = greatest(s.throttled_until, clock_timestamp() + p_wait)
    WHERE s.rate_group = (SELECT t.rate_group FROM giftbridge.shops AS t WHERE t.name = p_shop)
$$;
COMMENT ON FUNCTION giftbridge.throttle(text, interval) IS 'Stops a shop''s rate group for a while: the vendor said 429.';
