-- Notifies the shop, on channel giftbridge_results, that an order in doubt needs a decision. No codes, no personal data.
-- Called by trigger attention_announce.
CREATE OR REPLACE FUNCTION giftbridge.attention_announce() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('giftbridge_results', format('{"id": %s, "shop": %s, "shop_order_id": %s, "status": "in_doubt"}',
        o.id, to_json(o.shop), coalesce(to_json(o.shop_order_id)::text, 'null')))
    FROM giftbridge.orders AS o WHERE o.id = NEW.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.attention_announce() IS 'Trigger: one notification on giftbridge_results per order in doubt that needs a decision.';
