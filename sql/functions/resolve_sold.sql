-- A person found that an order in doubt was sold: completes it with what the vendor says. For operators.
-- Without codes the bridge's own and the shop's are taken: they are what was sent. Locks the order. Raises in another state.
CREATE OR REPLACE FUNCTION giftbridge.resolve_sold(id bigint, order_reference text, voucher_codes text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_items integer;
    v_codes text[];
BEGIN
    PERFORM giftbridge.require_status(resolve_sold.id, '{in_doubt}', 'resolved');
    SELECT jsonb_array_length(o.items), ARRAY(
        SELECT coalesce(o.assigned_codes[item.position], item.value ->> 'code')
        FROM jsonb_array_elements(o.items) WITH ORDINALITY AS item (value, position) ORDER BY item.position)
    INTO v_items, v_codes FROM giftbridge.orders AS o WHERE o.id = resolve_sold.id;
    v_codes := coalesce(resolve_sold.voucher_codes, v_codes);
    IF num_nulls(VARIADIC v_codes) > 0 OR '' = ANY (v_codes) OR cardinality(v_codes) <> v_items THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('order %s has %s items: give one voucher code for each, in the items'' order', resolve_sold.id, v_items);
    END IF;
    UPDATE giftbridge.orders AS o
    SET status = 'completed', order_reference = resolve_sold.order_reference, voucher_codes = v_codes, completed_at = now(),
        updated_at = now(), due_at = NULL, in_doubt_since = NULL, error = 'Resolved as sold by a person.'
    WHERE o.id = resolve_sold.id;
END
$$;
COMMENT ON FUNCTION giftbridge.resolve_sold(bigint, text, text[]) IS 'Completes an order in doubt that a person found to be sold.';
