-- Refuses an insert or update of an order. The error names the field and the rule, never the value, which would appear in server logs.
-- Called by orders_check and items_check. Raises check_violation (23514) with the column and constraint `orders_sellable`.
CREATE OR REPLACE FUNCTION giftbridge.refuse_order(p_field text, p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = format('%s %s', p_field, p_rule),
        SCHEMA = 'giftbridge', TABLE = 'orders', COLUMN = substring(p_field FROM '^\w+'),
        CONSTRAINT = 'orders_sellable',
        HINT = 'Nothing was stored. Correct the field and insert the order again.';
END
$$;
COMMENT ON FUNCTION giftbridge.refuse_order(text, text) IS 'Raises the error of an order that could never be sold.';
