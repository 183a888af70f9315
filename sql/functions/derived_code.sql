-- The voucher code of one item: 16 of 32 symbols, 80 bits of a keyed SHA-256 of the order's content and the item's position.
-- Upper case, no 0 O 1 I. The same order gets the same code again after a restore or a failover that lost commits, and when a
-- shop inserts it again; another order never gets it.
--
-- Called by orders_enqueue and orders_changed, whose search_path it uses. The key is hashed together with a hash, so that it is impossible to
-- extend a known code's input. Twelve bytes are 16 symbols of base64; each symbol of a code stands for two of the 64: the two cases of
-- a letter, or a digit and one of the eight symbols that codes do not use. It is one expression so that PostgreSQL can inline it.
CREATE OR REPLACE FUNCTION giftbridge.derived_code(p_secret bytea, p_content bytea, p_position bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.upper(pg_catalog.translate(
        pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(p_secret || pg_catalog.sha256(
            p_secret || p_content || pg_catalog.int8send(p_position))), 1, 12), 'base64'),
        'IOio01+/', '23456789') COLLATE pg_catalog."C")
$$;
COMMENT ON FUNCTION giftbridge.derived_code(bytea, bytea, bigint) IS 'The voucher code of one item, derived from the installation''s secret: 80 bits, upper case, no look-alikes.';
