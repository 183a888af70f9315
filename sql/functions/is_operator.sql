-- Whether the caller is an operator: a worker's role, or the tables' owner; a shop's role is not. As in acts_for, the caller is the role
-- that the session has set, or else the role that it logged in as. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.is_operator() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_caller CONSTANT name := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
BEGIN
    RETURN coalesce(pg_has_role(v_caller, to_regrole('giftbridge_worker'), 'USAGE'), false)
        OR pg_has_role(v_caller, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'giftbridge.orders'::regclass), 'USAGE');
END
$$;
COMMENT ON FUNCTION giftbridge.is_operator() IS 'Whether the caller is an operator and not a shop.';
