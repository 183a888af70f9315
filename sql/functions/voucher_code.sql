-- A voucher code of the bridge's own making: 16 of 32 symbols, 80 bits from PostgreSQL's cryptographic source.
-- Upper case, no 0 O 1 I. Called by assigned_codes.
--
-- PostgreSQL's core offers that source as gen_random_uuid() (pg_strong_random): of a UUID's 16 bytes all but the 7th (version)
-- and the 9th (variant) are wholly random. Twelve of them are 16 symbols of base64, and of its 64 symbols two become each one
-- of ours. One expression in PL/pgSQL, because a function in LANGUAGE sql would be planned at each call.
CREATE OR REPLACE FUNCTION giftbridge.voucher_code() RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_random CONSTANT bytea := uuid_send(gen_random_uuid());
BEGIN
    RETURN translate(encode(substr(v_random, 1, 6) || substr(v_random, 10, 6), 'base64'),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
        '23456789ABCDEFGHJKLMNPQRSTUVWXYZ23456789ABCDEFGHJKLMNPQRSTUVWXYZ');
END
$$;
COMMENT ON FUNCTION giftbridge.voucher_code() IS 'A random voucher code: 80 bits, upper case, no look-alikes.';
