-- A worker's state as seen from outside: the one that it last reported, or `dead` without a heartbeat for a minute; a stopped worker
-- sends none. Called by the views workers, queue and order_story, with the reader's rights.
CREATE OR REPLACE FUNCTION giftbridge.worker_state(p_state text, p_heartbeat_at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_state <> 'stopped' AND p_heartbeat_at < now() - interval '1 minute' THEN 'dead' ELSE p_state END;
END
$$;
COMMENT ON FUNCTION giftbridge.worker_state(text, timestamptz) IS 'A worker''s state as seen from outside: dead without a heartbeat for a minute.';
