-- Hash of everything that distinguishes an order: shop, shop order number (or a random seed if it has none), and all that is sent to
-- the vendor. Called by orders_enqueue and orders_changed, whose search_path it uses. In UTF-8 whatever the database's encoding, and
-- independent of settings that change how values are written.
CREATE OR REPLACE FUNCTION giftbridge.order_content(p_order giftbridge.orders) RETURNS bytea
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN sha256(convert_to(jsonb_build_array(p_order.shop, coalesce(p_order.shop_order_id, 'seed ' || gen_random_uuid()),
        p_order.items, p_order.customer_email, p_order.customer_first_name, p_order.customer_last_name, p_order.customer_address1,
        p_order.customer_address2, p_order.customer_postcode, p_order.customer_town, p_order.customer_county,
        p_order.delivery_method, p_order.delivery_email, to_char(p_order.delivery_date, 'YYYY-MM-DD'),
        p_order.delivery_first_name, p_order.delivery_last_name, p_order.delivery_address1, p_order.delivery_address2,
        p_order.delivery_postcode, p_order.delivery_town, p_order.delivery_county, p_order.payment_method)::text, 'UTF8'));
END
$$;
COMMENT ON FUNCTION giftbridge.order_content(giftbridge.orders) IS 'Hash of everything that distinguishes an order from all others.';
