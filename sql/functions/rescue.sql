-- Turns submitting orders whose lease ended into in_doubt, never into pending: their request may have been processed.
-- Called by claim. Locks the orders it takes, skips those locked elsewhere. Result: how many.
CREATE OR REPLACE FUNCTION giftbridge.rescue(p_verify_after interval) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- A constant for the index: a condition on a function that changes would be tried on all that are submitting.
    v_now   CONSTANT timestamptz := clock_timestamp();
    v_count integer;
BEGIN
    WITH ended AS (
        SELECT o.id, o.submission_id FROM giftbridge.orders AS o
        WHERE o.status = 'submitting' AND o.due_at <= v_now
        ORDER BY o.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), journal AS (
        UPDATE giftbridge.submissions AS j
        SET outcome = 'in_doubt', finished_at = v_now, error = 'the worker''s lease ended without an answer'
        FROM ended WHERE j.id = ended.submission_id AND j.outcome IS NULL
    )
    UPDATE giftbridge.orders AS o
    SET status = 'in_doubt', submission_id = NULL, in_doubt_since = coalesce(o.in_doubt_since, now()), updated_at = now(),
        due_at = CASE WHEN giftbridge.verifiable(o.assigned_codes) THEN now() + p_verify_after END,
        error = 'The worker was lost while the request may have been on its way'
            || CASE WHEN giftbridge.verifiable(o.assigned_codes) THEN '; the bridge will verify it.'
               ELSE '; no code of the bridge''s own can prove it: ask the vendor, then resolve the order.' END
    FROM ended WHERE o.id = ended.id;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION giftbridge.rescue(interval) IS 'Turns submitting orders whose lease ended into in_doubt.';
