-- Safety margin that is added to a rate window, because clocks differ and the vendor may round times.
-- Called by place_free_at and drain_seconds.
CREATE OR REPLACE FUNCTION giftbridge.rate_margin(p_window interval) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(p_window * 0.005, interval '20 milliseconds')
$$;
COMMENT ON FUNCTION giftbridge.rate_margin(interval) IS 'Safety margin added to a rate window: half a percent, at least 20 ms.';
