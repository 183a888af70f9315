-- A voucher code of the bridge's own making: 16 of 32 symbols, 80 bits from PostgreSQL's cryptographic source.
-- Upper case, no 0 O 1 I. Called by assigned_codes.
--
-- PostgreSQL's core offers that source as gen_random_uuid() (pg_strong_random): 14 of a UUID's 16 bytes are wholly random,
-- all but byte 6 (version) and byte 8 (variant), so 16 symbols take two. One expression in PL/pgSQL, because a function in
-- LANGUAGE sql would be planned at each call.
CREATE OR REPLACE FUNCTION giftbridge.voucher_code() RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_symbols CONSTANT text := '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
    v_random  CONSTANT bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    v_code    text := '';
    v_byte    integer;
BEGIN
    FOREACH v_byte IN ARRAY '{0,1,2,3,4,5,7,9,16,17,18,19,20,21,23,25}'::integer[] LOOP
        v_code := v_code || substr(v_symbols, (get_byte(v_random, v_byte) & 31) + 1, 1);
    END LOOP;
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION giftbridge.voucher_code() IS 'A random voucher code: 80 bits, upper case, no look-alikes.';
