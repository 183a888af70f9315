-- Handles an answer that shows a fault in the configuration (key, address or account) and not in the order. The key is set aside for the
-- shop until a test order proves it good; workers with another key continue. The delay between test orders doubles from 1 second to 15
-- minutes.
--
-- An order that gets such an answer again while others pass is itself at fault: an attempt is counted, and after three it is given up.
-- Called by settle_one, which has locked the order. Locks the key's row. Result: null: the order waits, no attempt counted; counted; failed; in_doubt.
CREATE OR REPLACE FUNCTION giftbridge.set_up_fault(p_order giftbridge.orders, p_flight giftbridge.in_flight, p_reason text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_is_own CONSTANT boolean := coalesce(p_order.setup_fault_at < (
        SELECT t.passed_at FROM giftbridge.shop_state AS t WHERE t.shop = p_order.shop), false)
        -- A late answer has completed it meanwhile.
        AND p_order.completed_at IS NULL;
BEGIN
    UPDATE giftbridge.orders AS o
    SET setup_fault_at = clock_timestamp(), setup_faults = o.setup_faults + CASE WHEN v_is_own THEN 1 ELSE 0 END
    WHERE o.id = p_order.id;
    IF v_is_own THEN
        -- Other orders pass, so the key is not set aside.
        UPDATE giftbridge.shop_state AS t SET passed_at = clock_timestamp() WHERE t.shop = p_order.shop;
        IF p_order.setup_faults + 1 < 3 THEN
            RETURN 'counted';
        ELSIF NOT p_order.was_in_doubt THEN
            RETURN 'failed';
        END IF;
        UPDATE giftbridge.orders AS o
        SET status = 'in_doubt', in_doubt_since = coalesce(o.in_doubt_since, now()), updated_at = now(), error = p_reason
        WHERE o.id = p_order.id;
        IF p_flight.kind = 'lookup' THEN
            UPDATE giftbridge.orders AS o
            SET error = 'Outcome unknown: the look-up of its codes fails, while other orders pass. ' || p_reason || ' Ask the vendor, then resolve the order.'
            WHERE o.id = p_order.id;
            INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (p_order.id, p_order.shop, 'in_doubt');
        ELSE
            PERFORM giftbridge.look_up_or_wait(p_order.id, 'Outcome unknown: the vendor''s answer to this order proves nothing, while other orders pass. ' || p_reason || ' ');
        END IF;
        RETURN 'in_doubt';
    END IF;
    INSERT INTO giftbridge.set_aside AS a (shop, account, reason, since, fault_at, probe_at, last_order)
    VALUES (p_order.shop, p_flight.account || '@' || p_flight.api_host, p_reason, clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '1 s', p_order.id)
    ON CONFLICT (shop, account) DO UPDATE
    SET reason = excluded.reason, faults = a.faults + 1, fault_at = excluded.fault_at, last_order = excluded.last_order,
        probe_at = clock_timestamp() + least(interval '1 s' * power(2, least(a.faults, 10)), interval '15 min')
    -- Several requests were in flight when the first was refused: they are one fault.
    WHERE p_flight.claimed_at > a.fault_at;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.set_up_fault(giftbridge.orders, giftbridge.in_flight, text) IS 'Sets a key aside for a shop, or counts the fault against the order.';
