-- Has this transaction's commit flushed to disk (and to a synchronous standby), whatever the session's synchronous_commit:
-- nothing is sent, and nothing announced, on a commit that a crash could take back. Called by claim and settle.
CREATE OR REPLACE FUNCTION giftbridge.flush_commit() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.flush_commit() IS 'Has this transaction''s commit flushed, whatever the session''s synchronous_commit.';
