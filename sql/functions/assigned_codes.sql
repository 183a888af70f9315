-- One element per item: a new code of the bridge's own, or null where the shop chose one. Called by claim.
CREATE OR REPLACE FUNCTION giftbridge.assigned_codes(p_items jsonb, p_prefix text) RETURNS text[]
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE WHEN item.value ->> 'code' IS NULL THEN p_prefix || giftbridge.voucher_code() END ORDER BY item.position)
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS item (value, position)
$$;
COMMENT ON FUNCTION giftbridge.assigned_codes(jsonb, text) IS 'Codes of the bridge''s own for the items that have none.';
