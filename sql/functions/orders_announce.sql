-- Notifies the shop, on channel giftbridge_results, that its order is finished. No codes, no personal data.
-- Called by trigger orders_announce, once per order, so it must be cheap. Names are qualified because setting the search_path would take
-- as long as the rest, and the notification is sent by an expression because PERFORM would run a query.
CREATE OR REPLACE FUNCTION giftbridge.orders_announce() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_is_sent CONSTANT boolean := pg_catalog.pg_notify('giftbridge_results', pg_catalog.format(
        '{"id": %s, "shop": %s, "shop_order_id": %s, "status": "%s"}',
        NEW.id, pg_catalog.to_json(NEW.shop), coalesce(pg_catalog.to_json(NEW.shop_order_id)::pg_catalog.text, 'null'), NEW.status)) IS NOT NULL;
BEGIN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_announce() IS 'Trigger: one notification on giftbridge_results per order that is finished.';
