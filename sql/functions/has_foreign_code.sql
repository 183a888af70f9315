-- Whether one of these voucher codes, however it is spelled, belongs to another order. Called by settle_one, settle_late and resolve_sold.
CREATE OR REPLACE FUNCTION giftbridge.has_foreign_code(p_order_id bigint, p_codes text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM giftbridge.codes AS c
        WHERE upper(c.code) = ANY (ARRAY(SELECT upper(regexp_replace(given.code, '[[:space:]-]', '', 'g')) FROM unnest(p_codes) AS given (code)))
            AND c.order_id <> p_order_id);
END
$$;
COMMENT ON FUNCTION giftbridge.has_foreign_code(bigint, text[]) IS 'Whether one of these voucher codes belongs to another order.';
