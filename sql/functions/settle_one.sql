-- Writes back the result of one request of any kind (settle itself writes plain sales). The guards of the protocol are here: an order
-- that was ever in doubt does not count as unsold; codes of other orders are not stored; a proof without a receipt is looked up if
-- possible.
--
-- The parameters are those of settle for one request. p_match: the codes of an accepted answer are exact, respelled, unknown, unstipulated;
-- or `taken`: no receipt, but all assigned codes are taken. p_effect: throttled, spent (both with p_wait), setup, unreachable.
-- p_due_in: when it is retried (with `unreachable`: the maximum delay of a probe); null for an order in doubt: a look-up, or else an
-- operator, decides.
-- Called by settle. Locks the order.
CREATE OR REPLACE FUNCTION giftbridge.settle_one(
    p_order_id bigint, p_token uuid, p_outcome text, p_status text, p_counted boolean, p_due_in interval, p_http_status integer,
    p_error text, p_journal_error text, p_response text, p_reference text, p_codes text[], p_match text, p_effect text, p_wait interval,
    p_found boolean, p_verify_after interval, p_max_verifications integer, p_skip_locked boolean,
    OUT status text, OUT is_applied boolean, OUT note text
)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now     CONSTANT timestamptz := clock_timestamp();
    v_flight  giftbridge.in_flight;
    v_order   giftbridge.orders;
    v_has_site CONSTANT boolean := EXISTS (SELECT FROM giftbridge.orders AS o JOIN giftbridge.shops AS s ON s.name = o.shop
        WHERE o.id = p_order_id AND s.site_id IS NOT NULL);
    v_fault   text;    -- of set_up_fault
BEGIN
    DELETE FROM giftbridge.in_flight AS f WHERE f.order_id = p_order_id AND f.token = p_token RETURNING f.* INTO v_flight;
    IF NOT FOUND THEN
        SELECT l.status, l.is_applied, l.note INTO status, is_applied, note
        FROM giftbridge.settle_late(p_order_id, p_token, p_outcome,
            p_http_status BETWEEN 400 AND 499 AND (p_outcome = 'rejected' OR p_outcome = 'in_doubt' AND p_due_in IS NULL),
            p_http_status, p_journal_error, p_response,
            CASE WHEN p_status = 'completed' AND p_match <> 'taken' THEN p_reference END,
            CASE WHEN p_status = 'completed' AND p_match <> 'taken' THEN p_codes END) AS l;
        RETURN;
    END IF;
    SELECT o.* INTO v_order FROM giftbridge.orders AS o WHERE o.id = p_order_id FOR UPDATE;
    is_applied := true;
    INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
        http_status, outcome, error, response, reference)
    VALUES (v_flight.order_id, v_flight.id, v_flight.token, v_flight.shop, v_flight.kind, v_flight.attempt, v_flight.worker, v_flight.account,
        v_flight.api_host, v_flight.allowance, v_flight.claimed_at, v_now, p_http_status, p_outcome, p_journal_error, p_response, p_reference);
    PERFORM giftbridge.answered(ARRAY[v_flight], CASE
        WHEN p_http_status IS NOT NULL AND (p_outcome IN ('completed', 'rejected') OR p_found IS NOT NULL) THEN 'passed'
        WHEN p_http_status IS NULL AND p_outcome IN ('retry', 'released') THEN 'unsent' ELSE 'answered' END, p_skip_locked, v_now);
    IF v_order.id IS NULL THEN
        SELECT g.status, g.is_applied, g.note INTO status, is_applied, note
        FROM giftbridge.settle_gone(p_order_id, p_token, p_reference, p_codes) AS g;
        RETURN;
    END IF;
    IF p_effect IN ('throttled', 'spent') THEN
        PERFORM giftbridge.throttle(v_flight.allowance, p_effect, p_wait);
    ELSIF p_effect = 'unreachable' THEN
        PERFORM giftbridge.away(v_flight, p_journal_error, p_wait, p_due_in);
    ELSIF p_effect = 'setup' THEN
        v_fault := giftbridge.set_up_fault(v_order, v_flight, p_error);
    END IF;

    IF v_flight.kind = 'lookup' AND v_fault = 'in_doubt' THEN
        NULL;
    ELSIF v_flight.kind = 'lookup' AND p_found IS NULL AND p_outcome IN ('retry', 'released') AND v_order.status = 'in_doubt' THEN
        -- The vendor was not asked, so no look-up is counted.
        INSERT INTO giftbridge.due (order_id, shop, lane, due_at, is_lookup)
        VALUES (p_order_id, v_order.shop, 200,
            now() + CASE WHEN p_effect = 'unreachable' THEN interval '0' ELSE coalesce(p_due_in, interval '0') END, true);
    ELSIF v_flight.kind = 'lookup' THEN
        PERFORM giftbridge.settle_lookup(v_order, v_flight, p_found, p_due_in, p_error, p_max_verifications);
    ELSIF v_order.completed_at IS NOT NULL THEN
        -- A late answer to an earlier request was faster.
        note := CASE WHEN p_status <> 'completed' THEN NULL
            WHEN p_match IN ('unknown', 'unstipulated') AND giftbridge.has_foreign_code(p_order_id, p_codes) THEN 'foreign'
            ELSE giftbridge.sold_again(v_order, p_reference) END;
    ELSIF p_status = 'completed' AND p_match IN ('unknown', 'unstipulated') AND giftbridge.has_foreign_code(p_order_id, p_codes) THEN
        note := 'foreign';
        PERFORM giftbridge.doubt(v_flight, 'The vendor''s answer has codes of another order, so it belongs to another request.',
            p_verify_after, p_max_verifications, 200::smallint);
    ELSIF p_status = 'completed' AND p_match = 'taken' AND (v_order.was_refused OR v_has_site) THEN
        PERFORM giftbridge.doubt(v_flight, p_error, NULL, p_max_verifications, 200::smallint);
        PERFORM giftbridge.look_up_or_wait(p_order_id, CASE WHEN v_order.was_refused
            THEN 'Outcome unknown: the vendor says that its codes are taken, but had refused the order before, and may have kept them. '
            ELSE 'Outcome unknown: the vendor says that its codes are taken, which must be confirmed. ' END);
    ELSIF p_status = 'completed' THEN
        UPDATE giftbridge.orders AS o
        SET status = 'completed', order_reference = p_reference, voucher_codes = p_codes, error = p_error, attempts = v_flight.attempt,
            completed_at = v_now, updated_at = v_now, in_doubt_since = NULL
        WHERE o.id = p_order_id;
        IF p_match = 'respelled' THEN
            UPDATE giftbridge.shop_state AS t SET codes_respelled_at = v_now WHERE t.shop = v_order.shop;
            note := 'codes_respelled';
        ELSIF p_match = 'unknown' THEN
            UPDATE giftbridge.shop_state AS t SET codes_ignored_at = v_now WHERE t.shop = v_order.shop AND t.codes_ignored_at IS NULL;
            note := 'codes_ignored';
        END IF;
    ELSIF p_status IN ('rejected', 'failed') AND v_order.was_in_doubt THEN
        -- Not sold by this request, but an earlier one may have been sold, or may still arrive.
        UPDATE giftbridge.orders AS o
        SET status = 'in_doubt', in_doubt_since = coalesce(o.in_doubt_since, now()), attempts = v_flight.attempt, updated_at = now(), error = p_error,
            was_refused = o.was_refused OR p_outcome = 'rejected'
        WHERE o.id = p_order_id;
        PERFORM giftbridge.look_up_or_wait(p_order_id,
            'Outcome unknown: this request was refused, but an earlier one may have been sold. ' || coalesce(p_error, '') || ' ');
    ELSIF p_outcome = 'in_doubt' AND p_due_in IS NULL THEN
        PERFORM giftbridge.doubt(v_flight, p_error, NULL, p_max_verifications, 200::smallint);
        -- If only some codes are taken, the vendor may have kept the others when it refused the order.
        UPDATE giftbridge.orders AS o SET was_refused = true WHERE o.id = p_order_id AND p_http_status BETWEEN 400 AND 499;
        PERFORM giftbridge.look_up_or_wait(p_order_id, p_error || ' ');
    ELSIF p_outcome = 'in_doubt' THEN
        PERFORM giftbridge.doubt(v_flight, p_error, p_due_in, p_max_verifications, 200::smallint);
    ELSIF p_status IN ('rejected', 'failed') OR v_fault = 'failed' THEN
        UPDATE giftbridge.orders AS o
        SET status = CASE WHEN v_fault = 'failed' THEN v_fault ELSE p_status END, error = p_error, attempts = v_flight.attempt, updated_at = now(),
            was_refused = o.was_refused OR (p_outcome = 'rejected' AND p_http_status IS NOT NULL)
        WHERE o.id = p_order_id;
        INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (p_order_id, v_order.shop, CASE WHEN v_fault = 'failed' THEN v_fault ELSE p_status END)
        ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
    ELSIF v_fault IS DISTINCT FROM 'in_doubt' THEN
        -- Certainly not sold by this request: the order returns to its former state.
        UPDATE giftbridge.orders AS o
        SET error = p_error, updated_at = now(), attempts = o.attempts + CASE WHEN p_counted OR v_fault = 'counted' THEN 1 ELSE 0 END
        WHERE o.id = p_order_id;
        INSERT INTO giftbridge.due (order_id, shop, lane, due_at, expires_at)
        VALUES (p_order_id, v_order.shop,
            CASE WHEN p_counted OR v_fault = 'counted' THEN 200 WHEN v_flight.lane = 201 THEN 200 ELSE v_flight.lane END,
            greatest(now() + CASE WHEN p_effect = 'unreachable' THEN interval '0' ELSE coalesce(p_due_in, interval '0') END, v_order.submit_after), v_flight.expires_at);
    END IF;
    SELECT o.status INTO status FROM giftbridge.orders AS o WHERE o.id = p_order_id;
END
$$;
COMMENT ON FUNCTION giftbridge.settle_one(bigint, uuid, text, text, boolean, interval, integer, text, text, text, text, text[], text, text, interval, boolean, interval, integer, boolean) IS 'Writes back the result of one request, with the guards of the protocol.';
