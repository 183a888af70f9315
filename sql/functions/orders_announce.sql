-- Tells the shop, on channel giftbridge_results, that its order is finished or waits for a person. No codes, no personal data.
-- Called by trigger orders_announce.
CREATE OR REPLACE FUNCTION giftbridge.orders_announce() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('giftbridge_results', '{"id": ' || NEW.id || ', "shop": ' || to_json(NEW.shop)
        || ', "shop_order_id": ' || coalesce(to_json(NEW.shop_order_id)::text, 'null')
        || ', "status": "' || NEW.status || '"}');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_announce() IS 'Trigger: one notification on giftbridge_results per order that is finished or waits for a person.';
