-- Whether any shop has a db_role. With the owner's rights, because row-level security of shops depends on it, through is_open_to; and so
-- every role may call it (access/definer_functions.sql). Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.has_closed_shops() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.db_role IS NOT NULL);
END
$$;
COMMENT ON FUNCTION giftbridge.has_closed_shops() IS 'Whether any shop has a db_role; then those without are closed to shops'' roles.';
