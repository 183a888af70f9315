-- One element per item: a new code of the bridge's own, or null where the shop chose one. Called by claim, whose
-- search_path it has: to pin one for each order takes longer than to make the code.
CREATE OR REPLACE FUNCTION giftbridge.assigned_codes(p_items jsonb, p_prefix text) RETURNS text[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_codes text[] := '{}';
BEGIN
    FOR i IN 0 .. jsonb_array_length(p_items) - 1 LOOP
        v_codes := array_append(v_codes, CASE WHEN p_items -> i ->> 'code' IS NULL THEN p_prefix || giftbridge.voucher_code() END);
    END LOOP;
    RETURN v_codes;
END
$$;
COMMENT ON FUNCTION giftbridge.assigned_codes(jsonb, text) IS 'Codes of the bridge''s own for the items that have none.';
