-- Whether a role may use a shop's orders. Those of a shop with db_role are open to that role and its members (with INHERIT, or after SET
-- ROLE). A shop without it is open to every role that may insert while no shop has one; once roles tell shops apart, it is closed to
-- them. All shops are open to the tables' owner and to workers.
-- A db_role that no longer exists closes the shop to shop roles, without an error.
--
-- Called by the row-level security of shops, by view vouchers (there p_role is the reader) and by acts_for. With its caller's
-- rights: it reads the catalogue only. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.is_open_to(p_db_role name, p_role name DEFAULT current_user) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (p_db_role IS NULL AND NOT giftbridge.has_closed_shops())
        OR coalesce(pg_has_role(p_role, to_regrole(quote_ident(p_db_role)), 'USAGE'), false)
        OR coalesce(pg_has_role(p_role, to_regrole('giftbridge_worker'), 'USAGE'), false)
        OR pg_has_role(p_role, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'giftbridge.orders'::regclass), 'USAGE');
END
$$;
COMMENT ON FUNCTION giftbridge.is_open_to(name, name) IS 'Whether a role may read and write orders of a shop with this db_role.';
