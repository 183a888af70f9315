-- Revokes functions that run with their owner's rights from PUBLIC, to which PostgreSQL grants every new function. Only roles.sql or an
-- administrator grants them. Run at the end of every migration; what was granted to roles stays granted.
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid::regprocedure FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'giftbridge'::regnamespace AND p.prosecdef
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
    END LOOP;
END
$$;
-- It reveals nothing but whether shops have roles, and row-level security calls it as the role that reads.
GRANT EXECUTE ON FUNCTION giftbridge.has_closed_shops TO PUBLIC;
