-- The vendor said that nothing is left of its window, which closes in p_wait. If the journal agrees, its own count waits long
-- enough. If not, something else uses the same key (or the shop has no limit set): the rate group stops until the window has
-- closed.
-- Called by the worker before it settles such an answer. Locks the group's shops if it stops them.
CREATE OR REPLACE FUNCTION giftbridge.allowance_spent(p_shop text, p_wait interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_left integer;
BEGIN
    SELECT allowance.remaining INTO v_left
    FROM giftbridge.shops AS s CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, clock_timestamp()) AS allowance
    WHERE s.name = p_shop;
    IF v_left IS DISTINCT FROM 0 THEN
        PERFORM giftbridge.throttle(p_shop, least(p_wait, (SELECT s.rate_window FROM giftbridge.shops AS s WHERE s.name = p_shop)));
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.allowance_spent(text, interval) IS 'Stops a shop''s rate group if the vendor''s window is used up by something else.';
