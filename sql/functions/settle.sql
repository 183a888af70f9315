-- Writes back the results of requests: journal and order in one transaction, many at once. All arrays have one element per request;
-- p_codes has each order's voucher codes as the text of a text[].
--
-- Fenced: only the holder of an order's token in in_flight changes the order. If the token is gone because a rescue was faster, the
-- result is late: a late success still completes the order; other late results are only kept in the journal (settle_one).
--
-- Sales whose answer has exactly the codes that were sent are written here together; everything else by settle_one, row by row.
-- p_skip_locked: skip orders that another session has locked, and return them with status `locked`. Without it the call waits for a
-- lock up to lock_timeout, and then the whole batch fails with 55P03.
--
-- Called by the worker (queries/worker.sql). Locks the orders, and then their allowances, by name.
-- Result: one row per request: the order's status, whether the result was applied to it, and a note for the worker.
CREATE OR REPLACE FUNCTION giftbridge.settle(
    p_order_ids bigint[], p_tokens uuid[], p_outcomes text[], p_statuses text[], p_counted boolean[], p_due_in interval[],
    p_http_statuses integer[], p_errors text[], p_journal_errors text[], p_responses text[], p_references text[], p_codes text[],
    p_matches text[], p_effects text[], p_waits interval[], p_found boolean[],
    p_verify_after interval, p_max_verifications integer, p_skip_locked boolean
) RETURNS TABLE (order_id bigint, token uuid, status text, is_applied boolean, note text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- The rows are read by id from the index, whatever the statistics were when the plan was made.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off SET enable_hashjoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
-- A lock of another session delays the other results no longer than this.
SET lock_timeout = '300 ms' AS $$
#variable_conflict use_column
DECLARE
    v_now     CONSTANT timestamptz := clock_timestamp();
    v_free    bigint[];       -- the orders that no other session has locked
    v_landed  bigint[];       -- sold, and their token was in in_flight
    v_tokens  uuid[];         -- those tokens, because the batch may also have the late result of an earlier request
    v_done    bigint[];       -- those of them whose order exists
    v_flights giftbridge.in_flight[];
BEGIN
    -- A commit that a crash could undo must not be announced, whatever the session's synchronous_commit.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF p_skip_locked THEN
        v_free := ARRAY(SELECT o.id FROM giftbridge.orders AS o WHERE o.id = ANY (p_order_ids) ORDER BY o.id FOR UPDATE SKIP LOCKED)
            || ARRAY(SELECT r.id FROM unnest(p_order_ids) AS r (id) WHERE NOT EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = r.id));
    END IF;

    WITH landed AS (
        DELETE FROM giftbridge.in_flight AS f
        USING unnest(p_order_ids, p_tokens, p_statuses, p_matches, p_effects, p_http_statuses, p_journal_errors, p_responses, p_references, p_codes)
            AS r (order_id, token, status, match, effect, http_status, error, response, reference, codes)
        WHERE f.order_id = r.order_id AND f.token = r.token AND r.status = 'completed' AND r.match = 'exact' AND r.effect IS NULL
            AND f.kind <> 'lookup' AND (v_free IS NULL OR r.order_id = ANY (v_free))
        RETURNING f, f.order_id, f.attempt, f.account, f.api_host, r.http_status, r.error, r.response, r.reference, r.codes
    ), journal AS (
        INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
            http_status, outcome, error, response, reference)
        SELECT (l.f).order_id, (l.f).id, (l.f).token, (l.f).shop, (l.f).kind, (l.f).attempt, (l.f).worker, (l.f).account, (l.f).api_host, (l.f).allowance,
            (l.f).claimed_at, v_now, l.http_status, 'completed', l.error, l.response, l.reference
        FROM landed AS l
    ), done AS (
        UPDATE giftbridge.orders AS o
        SET status = 'completed', order_reference = l.reference, voucher_codes = l.codes::text[], error = NULL, attempts = l.attempt,
            completed_at = v_now, updated_at = v_now, in_doubt_since = NULL
        FROM landed AS l
        -- Not plain IS NULL: if the planner believed the table to be empty, it would scan the whole index.
        WHERE o.id = l.order_id AND num_nulls(o.completed_at) <> 0
        RETURNING o.id
    )
    SELECT array_agg(l.order_id), array_agg((l.f).token), array_agg(l.f), array_agg(done.id) INTO v_landed, v_tokens, v_flights, v_done
    FROM landed AS l LEFT JOIN done ON done.id = l.order_id;

    IF v_landed IS NOT NULL THEN
        PERFORM giftbridge.answered(v_flights, 'passed', p_skip_locked, v_now);
        RETURN QUERY SELECT r.id, r.token, 'completed'::text, true, NULL::text
        FROM unnest(p_order_ids, p_tokens) AS r (id, token) WHERE r.id = ANY (v_done) AND r.token = ANY (v_tokens);
        IF cardinality(array_remove(v_done, NULL)) < cardinality(v_landed) THEN
            -- Completed by an earlier late answer, or deleted.
            RETURN QUERY SELECT r.id, r.token, s.status, s.is_applied, s.note
            FROM unnest(p_order_ids, p_tokens, p_references, p_codes) AS r (id, token, reference, codes)
            CROSS JOIN LATERAL giftbridge.settle_again(r.id, r.token, r.reference, r.codes::text[]) AS s
            WHERE r.token = ANY (v_tokens) AND NOT coalesce(r.id = ANY (array_remove(v_done, NULL)), false);
        END IF;
        IF cardinality(v_landed) = cardinality(p_order_ids) THEN
            RETURN;
        END IF;
    END IF;

    FOR i IN 1 .. cardinality(p_order_ids) LOOP
        CONTINUE WHEN p_tokens[i] = ANY (v_tokens);
        order_id := p_order_ids[i];
        token := p_tokens[i];
        IF v_free IS NOT NULL AND order_id <> ALL (v_free) THEN
            status := 'locked';
            is_applied := false;
            note := NULL;
        ELSE
            SELECT s.status, s.is_applied, s.note INTO status, is_applied, note
            FROM giftbridge.settle_one(order_id, token, p_outcomes[i], p_statuses[i], p_counted[i], p_due_in[i], p_http_statuses[i],
                p_errors[i], p_journal_errors[i], p_responses[i], p_references[i], p_codes[i]::text[], p_matches[i], p_effects[i],
                p_waits[i], p_found[i], p_verify_after, p_max_verifications, p_skip_locked) AS s;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION giftbridge.settle(bigint[], uuid[], text[], text[], boolean[], interval[], integer[], text[], text[], text[], text[], text[], text[], text[], interval[], boolean[], interval, integer, boolean) IS 'Writes back the results of requests, fenced by their tokens.';
