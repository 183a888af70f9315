-- Whether an order in doubt can be verified by sending it again: only a code of the bridge's own making proves anything.
-- Called by rescue and settle.
CREATE OR REPLACE FUNCTION giftbridge.verifiable(p_assigned_codes text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT num_nonnulls(VARIADIC coalesce(p_assigned_codes, '{}')) > 0
$$;
COMMENT ON FUNCTION giftbridge.verifiable(text[]) IS 'Whether a code of the bridge''s own making is in the order.';
