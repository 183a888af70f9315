-- Marks orders in doubt of one lane that must not be sent again automatically as needing a decision: those of a vendor that ignores
-- codes, and those that were sent to an account that no living worker has.
-- Called by claim, whose planner settings it uses. Locks the orders it moves; skips locked ones.
CREATE OR REPLACE FUNCTION giftbridge.refuse_unverifiable(
    p_shop text, p_lane smallint, p_account text, p_codes_ignored boolean, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    FOR v_order IN
        SELECT d.order_id, o.sent_to, o.in_doubt_since, o.error
        FROM giftbridge.due AS d JOIN giftbridge.orders AS o ON o.id = d.order_id
        WHERE d.shop = p_shop AND d.lane = p_lane AND d.due_at <= p_now AND (
            (p_codes_ignored AND NOT d.is_lookup AND o.in_doubt_since IS NOT NULL)
            OR (o.sent_to <> p_account AND NOT EXISTS (
                SELECT FROM giftbridge.accounts AS a JOIN giftbridge.status AS w ON w.worker = a.worker
                WHERE a.shop = p_shop AND a.account || '@' || a.api_host = o.sent_to
                    AND giftbridge.worker_state(w.state, w.heartbeat_at) IN ('starting', 'running'))))
        ORDER BY d.due_at LIMIT 100 FOR UPDATE OF o, d SKIP LOCKED
    LOOP
        DELETE FROM giftbridge.due AS d WHERE d.order_id = v_order.order_id;
        UPDATE giftbridge.orders AS o
        SET status = 'in_doubt', in_doubt_since = coalesce(o.in_doubt_since, now()), was_in_doubt = true, updated_at = now(),
            error = CASE WHEN v_order.sent_to <> p_account
                THEN 'Outcome unknown: it was sent with another account (key or address) than the worker has now. If both belong to the same company, run giftbridge verify '
                    || o.id || '; otherwise ask the vendor, then resolve the order.'
                ELSE 'Outcome unknown: this vendor ignores voucher codes, so sending the order again could sell it twice. Ask the vendor, then resolve the order.' END
        WHERE o.id = v_order.order_id;
        INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (v_order.order_id, p_shop, 'in_doubt')
        ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
    END LOOP;
END
$$;
COMMENT ON FUNCTION giftbridge.refuse_unverifiable(text, smallint, text, boolean, timestamptz) IS 'Marks orders in doubt that must not be sent again as needing a decision.';
