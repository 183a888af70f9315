-- A probe got through: the shop's pause by a set-up fault ends. A pause by a person stays.
-- Called by the worker when the vendor takes an order of a shop seriously again. Locks the shop, only if it is so paused.
CREATE OR REPLACE FUNCTION giftbridge.setup_mended(p_shop text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE giftbridge.shops AS s SET paused = false
    WHERE s.name = p_shop AND s.paused AND s.paused_until IS NOT NULL
$$;
COMMENT ON FUNCTION giftbridge.setup_mended(text) IS 'Ends a shop''s pause by a set-up fault.';
