-- Ends a shop's pause at once, allows its keys that were set aside again, and clears the flag that its vendor ignores codes. For
-- operators. Locks the shop.
CREATE OR REPLACE FUNCTION giftbridge.resume(shop text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_before text;
BEGIN
    SELECT concat_ws('; ', CASE WHEN s.paused THEN 'paused' END, CASE WHEN t.codes_ignored_at IS NOT NULL THEN 'codes ignored' END,
        (SELECT min(a.reason) FROM giftbridge.set_aside AS a WHERE a.shop = s.name)) INTO v_before
    FROM giftbridge.shops AS s JOIN giftbridge.shop_state AS t ON t.shop = s.name WHERE s.name = resume.shop;
    UPDATE giftbridge.shops AS s SET paused = false WHERE s.name = resume.shop;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no shop %L', shop);
    END IF;
    DELETE FROM giftbridge.set_aside AS a WHERE a.shop = resume.shop;
    UPDATE giftbridge.shop_state AS t SET codes_ignored_at = NULL, codes_respelled_at = NULL WHERE t.shop = resume.shop;
    PERFORM giftbridge.act('resume', NULL, resume.shop, NULL, v_before, NULL);
END
$$;
COMMENT ON FUNCTION giftbridge.resume(text) IS 'Ends a shop''s pause, and clears recorded faults of its keys and its vendor.';
