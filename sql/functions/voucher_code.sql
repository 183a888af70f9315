-- A voucher code of the bridge's own making: 16 of 32 symbols, 80 bits from PostgreSQL's cryptographic source.
-- Upper case, no 0 O 1 I. Called by assigned_codes.
--
-- PostgreSQL's core offers that source as gen_random_uuid() (pg_strong_random): 14 of a UUID's 16 bytes are wholly random,
-- all but byte 6 (version) and byte 8 (variant), so 16 symbols take two.
CREATE OR REPLACE FUNCTION giftbridge.voucher_code() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (get_byte(random.bytes, i) & 31) + 1, 1), '')
    FROM (SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS bytes OFFSET 0) AS random,
        unnest('{0,1,2,3,4,5,7,9,16,17,18,19,20,21,23,25}'::integer[]) AS i
$$;
COMMENT ON FUNCTION giftbridge.voucher_code() IS 'A random voucher code: 80 bits, upper case, no look-alikes.';
