-- Whether a worker may send a shop's orders when its key was set aside or the vendor's address is unreachable. is_probe null: not
-- now; true: one order as a test, and if possible not the one that was refused last (skipped); false: there is no obstacle.
-- Called by claim, whose planner settings it uses. Locks the obstacle's row, so that only one worker probes; skips locked rows.
CREATE OR REPLACE FUNCTION giftbridge.probe(
    p_worker text, p_shop text, p_account text, p_host text, p_lease interval, p_now timestamptz, OUT is_probe boolean, OUT skipped bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    v_set_aside giftbridge.set_aside;
BEGIN
    is_probe := false;
    IF EXISTS (SELECT FROM giftbridge.unreachable AS u WHERE u.worker = p_worker AND u.api_host = p_host) THEN
        PERFORM FROM giftbridge.unreachable AS u
        WHERE u.worker = p_worker AND u.api_host = p_host AND u.probe_at <= p_now FOR UPDATE SKIP LOCKED;
        is_probe := CASE WHEN FOUND THEN true END;
    END IF;
    IF is_probe IS NOT NULL
        AND EXISTS (SELECT FROM giftbridge.set_aside AS a WHERE a.shop = p_shop AND a.account = p_account || '@' || p_host) THEN
        SELECT a.* INTO v_set_aside FROM giftbridge.set_aside AS a
        WHERE a.shop = p_shop AND a.account = p_account || '@' || p_host AND a.probe_at <= p_now FOR UPDATE SKIP LOCKED;
        is_probe := CASE WHEN FOUND THEN true END;
        IF EXISTS (SELECT FROM giftbridge.due AS d
            WHERE d.shop = p_shop AND d.due_at <= p_now AND d.order_id <> v_set_aside.last_order) THEN
            skipped := v_set_aside.last_order;
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.probe(text, text, text, text, interval, timestamptz) IS 'Whether a worker may send a shop''s orders while its key is set aside or the address is unreachable.';
