-- Whether a shop's orders are a role's: those of a shop without db_role are everybody's who may insert, others those of that
-- role and its members (as PostgreSQL counts privileges: with INHERIT, or after SET ROLE). To the tables' owner all are
-- open, and to workers: what they may read at all, they read of every shop.
-- A db_role that no longer exists opens the shop to nobody, and breaks no query.
--
-- Called by the row-level security of shops, by view vouchers (there p_role is whoever asks) and by acts_for. With its caller's
-- rights: it reads the catalogue only. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.is_open_to(p_db_role name, p_role name DEFAULT current_user) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN p_db_role IS NULL
        OR coalesce(pg_has_role(p_role, to_regrole(quote_ident(p_db_role)), 'USAGE'), false)
        OR coalesce(pg_has_role(p_role, to_regrole('giftbridge_worker'), 'USAGE'), false)
        OR pg_has_role(p_role, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'giftbridge.orders'::regclass), 'USAGE');
END
$$;
COMMENT ON FUNCTION giftbridge.is_open_to(name, name) IS 'Whether orders of a shop with this db_role are a role''s to read and write.';
