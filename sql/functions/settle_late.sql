-- Handles a result whose token is no longer in flight: a rescue was faster, or the database was restored to an earlier state. An
-- accepted answer is still a fact and completes the order, whatever its state is now. A refusal is recorded. Other results are kept in
-- the journal.
--
-- The order is that of the journal row, or, without such a row, the one that has exactly the codes that were sold. A result without an
-- order in this database is kept with reference and hash of its codes (settle_gone). p_is_refusal: the vendor refused the order itself, and
-- may have kept its codes; not a time-out or a conflict (408, 409, 425). p_codes null: no accepted answer.
-- Called by settle_one. Locks the order.
CREATE OR REPLACE FUNCTION giftbridge.settle_late(
    p_order_id bigint, p_token uuid, p_outcome text, p_is_refusal boolean, p_http_status integer, p_journal_error text, p_response text,
    p_reference text, p_codes text[],
    OUT status text, OUT is_applied boolean, OUT note text
)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_journal giftbridge.journal;
    v_order   giftbridge.orders;
BEGIN
    is_applied := false;
    note := 'late';
    -- Not a row of settle_gone, whose order number may belong to another order by now.
    SELECT j.* INTO v_journal FROM giftbridge.journal AS j WHERE j.order_id = p_order_id AND j.token = p_token AND j.codes_hash IS NULL
    ORDER BY j.finished_at DESC LIMIT 1;
    IF FOUND THEN
        IF v_journal.outcome = p_outcome AND v_journal.http_status IS NOT DISTINCT FROM p_http_status AND NOT v_journal.is_rescue THEN
            -- The result was written before, but the database's answer was lost.
            is_applied := true;
            note := NULL;
        ELSE
            INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
                http_status, outcome, error, response, reference)
            VALUES (p_order_id, v_journal.id, p_token, v_journal.shop, v_journal.kind, v_journal.attempt, v_journal.worker, v_journal.account,
                v_journal.api_host, v_journal.allowance, v_journal.claimed_at, clock_timestamp(), p_http_status, p_outcome, p_journal_error,
                p_response, p_reference);
        END IF;
        SELECT o.* INTO v_order FROM giftbridge.orders AS o WHERE o.id = p_order_id FOR UPDATE;
        IF p_is_refusal AND v_journal.kind <> 'lookup' THEN
            -- The vendor may have kept the codes, so a taken code proves nothing from now on.
            UPDATE giftbridge.orders AS o SET was_refused = true WHERE o.id = p_order_id;
        END IF;
    ELSIF p_codes IS NOT NULL THEN
        SELECT o.* INTO v_order FROM giftbridge.orders AS o
        WHERE o.id IN (SELECT c.order_id FROM giftbridge.codes AS c WHERE c.is_assigned AND upper(c.code) = ANY (ARRAY(SELECT upper(given.code) FROM unnest(p_codes) AS given (code))))
        LIMIT 1 FOR UPDATE;
        -- The attempt's journal row was lost with its commit; only the answer is known.
        INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
            http_status, outcome, error, response, reference)
        SELECT v_order.id, 0, p_token, v_order.shop, 'sale', 0, '', '', '', '', clock_timestamp(), clock_timestamp(), p_http_status, p_outcome,
            'The attempt for this answer is not in the database, which was restored to an earlier state.', p_response, p_reference
        WHERE v_order.id IS NOT NULL
            AND NOT EXISTS (SELECT FROM giftbridge.journal AS j WHERE j.order_id = v_order.id AND j.token = p_token);
    END IF;
    IF v_order.id IS NULL THEN
        SELECT g.status, g.note INTO status, note FROM giftbridge.settle_gone(p_order_id, p_token, p_reference, p_codes) AS g;
        RETURN;
    END IF;

    IF p_codes IS NOT NULL AND giftbridge.has_foreign_code(v_order.id, p_codes) THEN
        -- It answers another request: codes and reference do not belong to this order.
        note := 'foreign';
    ELSIF p_codes IS NOT NULL AND v_order.completed_at IS NULL AND cardinality(p_codes) <> jsonb_array_length(v_order.items) THEN
        -- Its items were changed since then, so what was sold differs from the order. An operator decides.
        DELETE FROM giftbridge.due AS d WHERE d.order_id = v_order.id;
        UPDATE giftbridge.orders AS o
        SET status = 'in_doubt', in_doubt_since = coalesce(o.in_doubt_since, now()), was_in_doubt = true, updated_at = now(),
            error = format('The vendor accepted an earlier request of this order, with other items, as %s. Ask the vendor, then resolve the order.', p_reference)
        WHERE o.id = v_order.id;
        IF NOT EXISTS (SELECT FROM giftbridge.in_flight AS f WHERE f.order_id = v_order.id) THEN
            INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (v_order.id, v_order.shop, 'in_doubt')
            ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
        END IF;
        note := NULL;
        is_applied := true;
    ELSIF p_codes IS NOT NULL AND v_order.completed_at IS NULL THEN
        DELETE FROM giftbridge.due AS d WHERE d.order_id = v_order.id;
        DELETE FROM giftbridge.attention AS a WHERE a.order_id = v_order.id;
        UPDATE giftbridge.orders AS o
        SET status = 'completed', order_reference = p_reference, voucher_codes = p_codes, error = NULL, completed_at = clock_timestamp(),
            updated_at = clock_timestamp(), in_doubt_since = NULL
        WHERE o.id = v_order.id;
        is_applied := true;
        note := NULL;
    ELSIF p_codes IS NOT NULL THEN
        note := coalesce(giftbridge.sold_again(v_order, p_reference), note);
        is_applied := note IS DISTINCT FROM 'sold_again';
        note := nullif(note, 'late');
    END IF;
    SELECT o.status INTO status FROM giftbridge.orders AS o WHERE o.id = v_order.id;
END
$$;
COMMENT ON FUNCTION giftbridge.settle_late(bigint, uuid, text, boolean, integer, text, text, text, text[]) IS 'Handles a result whose token is no longer in flight: an accepted answer still completes the order.';
