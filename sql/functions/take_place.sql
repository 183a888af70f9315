-- Takes one place of an allowance for a request that belongs to no order, such as one of `giftbridge check`.
-- Called by giftbridge check (queries/check.sql). Locks the allowance. Result: false if no request may be sent now.
CREATE OR REPLACE FUNCTION giftbridge.take_place(p_allowance text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz;
BEGIN
    -- A standby counts nothing; giftbridge check says that it is one.
    IF current_setting('transaction_read_only')::boolean THEN
        RETURN true;
    END IF;
    PERFORM FROM giftbridge.allowances AS a WHERE a.name = p_allowance FOR UPDATE;
    -- Later than the times that other sessions have written.
    v_now := clock_timestamp();
    IF (SELECT a.remaining FROM giftbridge.allowance(p_allowance, v_now) AS a) = 0 THEN
        RETURN false;
    END IF;
    PERFORM giftbridge.take_places(
        ARRAY[a.name], ARRAY[giftbridge.place_free_at(v_now, NULL, a.rate_limit, a.rate_window)], '{1}', '{0}', v_now)
    FROM giftbridge.allowances AS a WHERE a.name = p_allowance AND a.rate_limit IS NOT NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION giftbridge.take_place(text) IS 'Takes one place of an allowance for a request that belongs to no order.';
