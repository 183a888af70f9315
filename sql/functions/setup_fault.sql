-- The vendor's answer to a submission says that the set-up is wrong (key, URL): pauses the shop with the reason, until one
-- order probes again. The delay doubles from 15 seconds to 15 minutes. A pause by a person stays as it is.
-- Called by the worker before it settles such an answer. Locks the shop.
CREATE OR REPLACE FUNCTION giftbridge.setup_fault(p_submission_id bigint, p_reason text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE giftbridge.shops AS s
    SET paused = true, pause_reason = p_reason, setup_faults = s.setup_faults + 1, setup_fault_at = clock_timestamp(),
        paused_until = clock_timestamp() + least(interval '15 s' * power(2, least(s.setup_faults, 10)), interval '15 min')
    FROM giftbridge.submissions AS j JOIN giftbridge.orders AS o ON o.id = j.order_id
    WHERE j.id = p_submission_id AND s.name = o.shop
        -- Several requests were in the air when the first was refused: they are one fault.
        AND (s.setup_fault_at IS NULL OR j.claimed_at > s.setup_fault_at)
        AND NOT (s.paused AND s.paused_until IS NULL)
$$;
COMMENT ON FUNCTION giftbridge.setup_fault(bigint, text) IS 'Pauses a shop whose set-up the vendor refuses; probed again later.';
