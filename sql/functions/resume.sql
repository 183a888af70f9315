-- Ends a shop's pause, a person's or a set-up fault's, at once. For operators. Locks the shop.
CREATE OR REPLACE FUNCTION giftbridge.resume(shop text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE giftbridge.shops AS s SET paused = false WHERE s.name = resume.shop;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no shop %L', shop);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.resume(text) IS 'Ends a shop''s pause.';
