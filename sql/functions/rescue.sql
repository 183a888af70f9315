-- Puts orders whose lease has expired in doubt. They never return to pending, because their request may have been processed. They are
-- verified one at a time (lane 201), because one of them may have crashed the worker. Look-ups are repeated. Orders that expire while
-- they wait become failed.
--
-- Called by the worker (queries/worker.sql) when a lease has expired, and at every poll. Skips orders that are locked elsewhere.
-- Result: the number of leases that had expired.
CREATE OR REPLACE FUNCTION giftbridge.rescue(p_verify_after interval, p_max_verifications integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
    -- A constant, so that the index is used: a condition on a volatile function would be checked for every row in flight.
    v_now     CONSTANT timestamptz := clock_timestamp();
    v_flight  giftbridge.in_flight;
    v_expired bigint[];
    v_count   integer := 0;
BEGIN
    FOR v_flight IN
        SELECT f.* FROM giftbridge.in_flight AS f
        WHERE f.lease_until <= v_now ORDER BY f.lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM FROM giftbridge.orders AS o WHERE o.id = v_flight.order_id FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND AND EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = v_flight.order_id);
        DELETE FROM giftbridge.in_flight AS f WHERE f.order_id = v_flight.order_id AND f.token = v_flight.token;
        INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
            outcome, error, is_rescue)
        VALUES (v_flight.order_id, v_flight.id, v_flight.token, v_flight.shop, v_flight.kind, v_flight.attempt, v_flight.worker, v_flight.account,
            v_flight.api_host, v_flight.allowance, v_flight.claimed_at, v_now, 'in_doubt', 'The worker''s lease expired without an answer.', true);
        IF v_flight.kind = 'lookup' THEN
            -- Not if a late answer has completed the order meanwhile.
            INSERT INTO giftbridge.due (order_id, shop, lane, due_at, is_lookup)
            SELECT o.id, o.shop, 201, v_now, true FROM giftbridge.orders AS o WHERE o.id = v_flight.order_id AND o.status = 'in_doubt';
        ELSE
            PERFORM giftbridge.doubt(v_flight, 'Outcome unknown: the worker disappeared while the request was in flight.', p_verify_after,
                p_max_verifications, 201::smallint);
        END IF;
        v_count := v_count + 1;
    END LOOP;

    IF EXISTS (SELECT FROM giftbridge.due AS d WHERE d.expires_at <= v_now) THEN
        WITH late AS (
            SELECT d.ctid AS place FROM giftbridge.due AS d WHERE d.expires_at <= v_now LIMIT 1000 FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM giftbridge.due AS d USING late WHERE d.ctid = late.place RETURNING d.order_id
        )
        SELECT array_agg(g.order_id) INTO v_expired FROM gone AS g;
        PERFORM giftbridge.expire(v_expired);
    END IF;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION giftbridge.rescue(interval, integer) IS 'Puts orders whose lease has expired in doubt.';
