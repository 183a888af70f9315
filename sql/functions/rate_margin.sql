-- What is added to the vendor's window, because two requests can be closer together at the vendor than in the journal:
-- the first may be slow on its way and the second fast. Called by allowance.
CREATE OR REPLACE FUNCTION giftbridge.rate_margin(p_window interval) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(p_window * 0.02, interval '50 milliseconds')
$$;
COMMENT ON FUNCTION giftbridge.rate_margin(interval) IS 'Safety margin added to a rate window: 2 percent, at least 50 ms.';
