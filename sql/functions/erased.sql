-- Returns a finished order without its personal data: customer, recipient, and printed texts. Shop, items, prices, codes,
-- references, states and times are kept. Called by prune and orders_check.
CREATE OR REPLACE FUNCTION giftbridge.erased(p_order giftbridge.orders) RETURNS giftbridge.orders
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    p_order.items := (SELECT jsonb_agg(item.value - '{to,from,message}'::text[] ORDER BY item.position)
        FROM jsonb_array_elements(p_order.items) WITH ORDINALITY AS item (value, position));
    p_order.customer_email := 'erased@erased.invalid';
    p_order.customer_first_name := NULL;
    p_order.customer_last_name := NULL;
    p_order.customer_address1 := NULL;
    p_order.customer_address2 := NULL;
    p_order.customer_postcode := NULL;
    p_order.customer_town := NULL;
    p_order.customer_county := NULL;
    p_order.delivery_email := NULL;
    p_order.delivery_first_name := NULL;
    p_order.delivery_last_name := NULL;
    p_order.delivery_address1 := NULL;
    p_order.delivery_address2 := NULL;
    p_order.delivery_postcode := NULL;
    p_order.delivery_town := NULL;
    p_order.delivery_county := NULL;
    RETURN p_order;
END
$$;
COMMENT ON FUNCTION giftbridge.erased(giftbridge.orders) IS 'Returns a finished order without its personal data.';
