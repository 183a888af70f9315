-- Writes back what came of submissions: journal and order in one transaction, many at once. All arrays have one element per
-- submission; p_codes holds each order's voucher codes as the text of a text[].
--
-- Fenced: an order changes only while it is submitting under this very submission. Where it is not, somebody else acted
-- meanwhile (a rescue, another worker) and the row comes back with applied = false for the worker to look at; but what was
-- learnt is kept: the journal has it, and a late success is the truth, so it completes an order that is in doubt, being
-- verified, or open again because it was said not to be sold, and fills in the reference of one that was completed without
-- the vendor's answer. Where an order is completed with one reference already, another stands in its error.
--
-- Called by the worker (calls/settle.sql). Locks the orders that are its submissions own, which no other settle has, and then those
-- that a late success completes. Result: one row per known submission;
-- status is the order's, or other_reference where it is completed with another one than this submission's.
CREATE OR REPLACE FUNCTION giftbridge.settle(
    p_submission_ids bigint[], p_outcomes text[], p_statuses text[], p_counted boolean[], p_due_in interval[],
    p_new_codes boolean[], p_http_statuses integer[], p_errors text[], p_journal_errors text[], p_responses text[],
    p_references text[], p_codes text[]
) RETURNS TABLE (submission_id bigint, order_id bigint, status text, applied boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- The right plan, whatever the statistics were when it was made (a table that was once analyzed while empty counts as one row):
-- the rows by their ids from the index, and one hash table to join them with the results.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
-- Less than the worker waits for an answer: what it has given up must not be done behind its back once a lock is free.
SET lock_timeout = '20 s' AS $$
#variable_conflict use_column
DECLARE
    v_order_ids CONSTANT bigint[] := ARRAY(SELECT j.order_id FROM giftbridge.submissions AS j WHERE j.id = ANY (p_submission_ids));
    v_applied  bigint[];
    v_orders   bigint[];
    v_statuses text[];
    v_is_late  boolean;   -- some order is no longer its submission's
BEGIN
    -- Nothing is announced on a commit that a crash could take back, whatever the session's synchronous_commit.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    -- Orders before journal rows: a rescue does so too, and skips orders that are locked, so the two never wait for one another.
    WITH result AS (
        SELECT * FROM unnest(p_submission_ids, p_statuses, p_counted, p_due_in, p_new_codes, p_http_statuses, p_errors, p_references,
            p_codes) AS r (submission_id, status, counted, due_in, new_codes, http_status, error, reference, codes)
    ), fenced AS (
        UPDATE giftbridge.orders AS o
        SET status = result.status,
            submission_id = NULL,
            attempts = o.attempts - CASE WHEN result.counted THEN 0 ELSE 1 END,
            due_at = CASE result.status
                WHEN 'pending' THEN greatest(now() + result.due_in, o.submit_after)
                WHEN 'in_doubt' THEN now() + result.due_in END,
            assigned_codes = CASE WHEN result.new_codes AND result.status = 'pending' THEN NULL ELSE o.assigned_codes END,
            -- Whatever the vendor answered, it has seen these codes: should it hold one as taken later, this may be why.
            codes_renewed = o.codes_renewed OR result.new_codes OR result.http_status IS NOT NULL,
            in_doubt_since = CASE WHEN result.status = 'in_doubt' THEN coalesce(o.in_doubt_since, now()) END,
            error = result.error,
            order_reference = CASE WHEN result.status = 'completed' THEN result.reference END,
            voucher_codes = CASE WHEN result.status = 'completed' THEN result.codes::text[] END,
            completed_at = CASE WHEN result.status = 'completed' THEN now() END,
            updated_at = now()
        FROM result
        -- Only a submitting order has a submission (orders_fit_status).
        WHERE o.id = ANY (v_order_ids) AND o.submission_id = result.submission_id
        RETURNING result.submission_id, o.id, o.status
    )
    SELECT coalesce(array_agg(fenced.submission_id), '{}'), array_agg(fenced.id), array_agg(fenced.status)
    INTO v_applied, v_orders, v_statuses FROM fenced;
    v_is_late := cardinality(v_applied) < cardinality(p_submission_ids);

    IF v_is_late THEN
        WITH late AS (
            UPDATE giftbridge.orders AS o
            SET status = 'completed', submission_id = NULL, due_at = NULL, in_doubt_since = NULL,
                error = r.error, order_reference = r.reference, voucher_codes = r.codes::text[],
                completed_at = coalesce(o.completed_at, now()), updated_at = now()
            FROM unnest(p_submission_ids, p_statuses, p_errors, p_references, p_codes)
                AS r (submission_id, status, error, reference, codes)
            JOIN giftbridge.submissions AS j ON j.id = r.submission_id
            WHERE o.id = j.order_id AND o.id = ANY (v_order_ids) AND r.status = 'completed' AND r.submission_id <> ALL (v_applied)
                AND (o.status IN ('in_doubt', 'submitting', 'pending', 'rejected', 'failed')
                    OR (o.status = 'completed' AND o.order_reference IS NULL AND r.reference IS NOT NULL))
            RETURNING r.submission_id
        )
        SELECT v_applied || coalesce(array_agg(late.submission_id), '{}') INTO v_applied FROM late;

        -- Two references of one order: a person was wrong in saying that it was not sold, or in the reference of its sale.
        UPDATE giftbridge.orders AS o
        SET error = concat_ws(' ', o.error, format('The vendor says that it sold it as %s: check there whether it was sold twice.', r.reference)),
            updated_at = now()
        FROM unnest(p_submission_ids, p_statuses, p_references) AS r (submission_id, status, reference)
        JOIN giftbridge.submissions AS j ON j.id = r.submission_id
        WHERE o.id = j.order_id AND o.id = ANY (v_order_ids) AND r.submission_id <> ALL (v_applied)
            AND o.status = 'completed' AND r.status = 'completed' AND o.order_reference <> r.reference
            -- Once, however often the same result comes.
            AND strpos(coalesce(o.error, ''), format(' as %s: ', r.reference)) = 0;
    END IF;

    WITH result AS (
        SELECT * FROM unnest(p_submission_ids, p_outcomes, p_http_statuses, p_journal_errors, p_responses)
            AS r (submission_id, outcome, http_status, error, response)
    )
    UPDATE giftbridge.submissions AS j
    SET outcome = result.outcome, finished_at = clock_timestamp(), http_status = result.http_status,
        error = result.error, response = result.response
    FROM result
    WHERE j.id = ANY (p_submission_ids) AND j.id = result.submission_id AND (j.outcome IS NULL OR j.outcome = 'in_doubt');

    -- The vendor took an order seriously: if its shop was paused by a set-up fault, that is mended.
    IF EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.paused AND s.paused_until IS NOT NULL) THEN
        UPDATE giftbridge.shops AS s SET paused = false
        WHERE s.paused AND s.paused_until IS NOT NULL AND s.name IN (
            SELECT o.shop FROM giftbridge.submissions AS j JOIN giftbridge.orders AS o ON o.id = j.order_id
            WHERE j.id = ANY (p_submission_ids) AND j.outcome IN ('completed', 'rejected') AND j.http_status IS NOT NULL
                AND (s.setup_fault_at IS NULL OR j.claimed_at > s.setup_fault_at));
    END IF;

    IF NOT v_is_late THEN
        RETURN QUERY SELECT done.*, true FROM unnest(v_applied, v_orders, v_statuses) AS done;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT j.id, o.id,
        CASE WHEN o.status = 'completed' AND r.status = 'completed' AND o.order_reference <> r.reference THEN 'other_reference' ELSE o.status END,
        j.id = ANY (v_applied)
    FROM unnest(p_submission_ids, p_statuses, p_references) AS r (submission_id, status, reference)
    JOIN giftbridge.submissions AS j ON j.id = r.submission_id JOIN giftbridge.orders AS o ON o.id = j.order_id
    WHERE j.id = ANY (p_submission_ids);
END
$$;
COMMENT ON FUNCTION giftbridge.settle(bigint[], text[], text[], boolean[], interval[], boolean[], integer[], text[], text[], text[], text[], text[]) IS 'Writes back what came of submissions, fenced to the submission.';
