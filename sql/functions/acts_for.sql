-- Whether the caller may act on a shop's orders: the shop's own roles, workers, the tables' owner.
--
-- Called by require_status, mostly inside functions that run with their owner's rights, where current_user is that owner. So
-- the caller is the role that the session has set (SET ROLE), or else the role that it logged in as. Neither can be forged, and
-- neither can be changed inside such a function. A SECURITY DEFINER function of another owner in between makes no difference.
-- Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.acts_for(p_shop text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_caller CONSTANT name := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
BEGIN
    RETURN EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = p_shop AND giftbridge.is_open_to(s.db_role, v_caller));
END
$$;
COMMENT ON FUNCTION giftbridge.acts_for(text) IS 'Whether the caller may retry, cancel or resolve orders of a shop.';
