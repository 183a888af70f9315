-- Says whether a worker waits for a notification. While one does, orders_hint notifies at every commit.
-- Called by the worker (queries/worker.sql) before its last look, at every heartbeat while it is idle, and when hints come so often
-- that it looks without them.
CREATE OR REPLACE FUNCTION giftbridge.set_idle(p_worker text, p_is_idle boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_is_idle THEN
        INSERT INTO giftbridge.idle_workers (worker) VALUES (p_worker) ON CONFLICT (worker) DO NOTHING;
        -- Those that ended without a word.
        DELETE FROM giftbridge.idle_workers AS i WHERE NOT EXISTS (
            SELECT FROM giftbridge.status AS s
            WHERE s.worker = i.worker AND giftbridge.worker_state(s.state, s.heartbeat_at) NOT IN ('stopped', 'dead'));
    ELSE
        DELETE FROM giftbridge.idle_workers AS i WHERE i.worker = p_worker;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.set_idle(text, boolean) IS 'Says whether a worker waits for a notification.';
