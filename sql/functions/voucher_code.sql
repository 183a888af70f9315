-- A voucher code of the bridge's own making: 16 of 32 symbols, 80 bits from PostgreSQL's cryptographic source.
-- Upper case, no 0 O 1 I. Called by assigned_codes, whose search_path it has.
--
-- PostgreSQL's core offers that source as gen_random_uuid() (pg_strong_random), 122 random bits in 16 bytes; their hash spreads
-- them evenly. Twelve bytes of it are 16 symbols of base64, and two of its 64 symbols become each one of ours: a letter's two
-- cases, or a digit and one of the eight symbols that ours lacks. One expression without a search_path of its own: PostgreSQL
-- puts it into its caller's.
CREATE OR REPLACE FUNCTION giftbridge.voucher_code() RETURNS text
LANGUAGE sql VOLATILE AS $$
    SELECT pg_catalog.upper(pg_catalog.translate(
        pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 1, 12), 'base64'),
        'IOio01+/', '23456789') COLLATE pg_catalog."C")
$$;
COMMENT ON FUNCTION giftbridge.voucher_code() IS 'A random voucher code: 80 bits, upper case, no look-alikes.';
