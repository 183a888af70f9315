-- Stops sending a shop's orders until giftbridge.resume; requests in flight are still settled. For operators. Locks the shop.
-- A shop that is paused already keeps its first reason.
CREATE OR REPLACE FUNCTION giftbridge.pause(shop text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE giftbridge.shops AS s SET paused = true, paused_until = NULL, pause_reason = coalesce(s.pause_reason, reason, 'paused manually')
    WHERE s.name = pause.shop;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no shop %L', shop);
    END IF;
    PERFORM giftbridge.act('pause', NULL, shop, reason, NULL, 'paused');
END
$$;
COMMENT ON FUNCTION giftbridge.pause(text, text) IS 'Stops sending a shop''s orders until resume.';
