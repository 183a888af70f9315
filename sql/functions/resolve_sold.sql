-- For operators who know that an order in doubt was sold: completes it with the vendor's reference and codes; default: the codes that
-- were sent. Locks the order. Raises if it is in another state, or if a code belongs to another order.
CREATE OR REPLACE FUNCTION giftbridge.resolve_sold(id bigint, order_reference text, voucher_codes text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_order giftbridge.orders;
    v_items integer;
    v_codes text[];
BEGIN
    v_order := giftbridge.require_status(resolve_sold.id, '{in_doubt}', 'resolved');
    v_items := jsonb_array_length(v_order.items);
    v_codes := coalesce(resolve_sold.voucher_codes, ARRAY(
        SELECT c.code FROM generate_series(1, v_items) AS item LEFT JOIN giftbridge.codes AS c ON c.order_id = v_order.id AND c.position = item
        ORDER BY item));
    IF num_nulls(VARIADIC v_codes) > 0 OR '' = ANY (v_codes) OR cardinality(v_codes) <> v_items THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('order %s has %s: give one voucher code for each, in the items'' order', resolve_sold.id,
                CASE v_items WHEN 1 THEN '1 item' ELSE v_items || ' items' END);
    ELSIF giftbridge.has_foreign_code(v_order.id, v_codes) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('order %s cannot have these voucher codes: one of them belongs to another order', resolve_sold.id);
    END IF;
    DELETE FROM giftbridge.due AS d WHERE d.order_id = v_order.id;
    DELETE FROM giftbridge.attention AS a WHERE a.order_id = v_order.id;
    UPDATE giftbridge.orders AS o
    SET status = 'completed', order_reference = resolve_sold.order_reference, voucher_codes = v_codes, completed_at = now(),
        updated_at = now(), in_doubt_since = NULL, error = 'Marked as sold manually.'
    WHERE o.id = resolve_sold.id;
    PERFORM giftbridge.act('resolve_sold', resolve_sold.id, NULL, NULL, 'in_doubt', 'completed');
END
$$;
COMMENT ON FUNCTION giftbridge.resolve_sold(bigint, text, text[]) IS 'Completes an order in doubt that an operator found to be sold.';
