-- Records an operator's action. Called by every function for operators and shops, in the same transaction. The actor is the role that
-- the session has set, or else the role that it logged in as.
CREATE OR REPLACE FUNCTION giftbridge.act(
    p_action text, p_order_id bigint, p_shop text, p_reason text, p_before text, p_after text
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO giftbridge.actions (actor, action, shop, order_id, reason, before, after)
    VALUES (CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END, p_action,
        coalesce(p_shop, (SELECT o.shop FROM giftbridge.orders AS o WHERE o.id = p_order_id)), p_order_id, p_reason, p_before, p_after)
$$;
COMMENT ON FUNCTION giftbridge.act(text, bigint, text, text, text, text) IS 'Records an action of an operator or a shop.';
