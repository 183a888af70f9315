-- Takes due orders for one worker: they become submitting, under a lease, with a journal row each, in the caller's transaction.
-- The caller COMMITs before the first byte of any request leaves.
--
-- First ended leases are rescued. Then the slots are dealt out over the shops that have something due and may send it (pick_fairly;
-- where there is one shop it has them all), as far as their rate groups' allowances go.
--
-- Called by the worker (calls/claim.sql). Locks: an advisory lock per limited rate group that has something due, in one order
-- and before anything else, until the transaction ends; the rows taken (FOR UPDATE SKIP LOCKED, so that workers do not wait
-- for one another).
-- Result: one row per claimed order, in the order in which to send them; all columns of the request, none of it interpreted.
CREATE OR REPLACE FUNCTION giftbridge.claim(p_worker text, p_slots integer, p_lease interval, p_verify_after interval)
RETURNS TABLE (
    submission_id bigint, order_id bigint, attempts integer, verifying boolean, codes_renewed boolean, shop text, api_url text,
    shop_order_id text, items text, assigned_codes text[], payment_method integer,
    customer_email text, customer_first_name text, customer_last_name text, customer_address1 text, customer_address2 text,
    customer_postcode text, customer_town text, customer_county text,
    delivery_method integer, delivery_email text, delivery_date text, delivery_first_name text, delivery_last_name text,
    delivery_address1 text, delivery_address2 text, delivery_postcode text, delivery_town text, delivery_county text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- The right plan is index scans and nested loops from the first call on, before there are statistics, whatever the tables'
-- size; the planner's penalty for what is switched off must not make it compile a query of microseconds.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
-- Less than the worker waits for an answer: what it has given up must not be done behind its back once a lock is free.
SET lock_timeout = '20 s' AS $$
#variable_conflict use_column
DECLARE
    v_now             timestamptz;
    v_lane_shops      text[];     -- the lanes that have something due, the highest priority first
    v_lane_priorities integer[];
    v_due             text[];     -- the shops that have something due
    v_groups          text[];     -- their rate groups
    v_is_limited      boolean;    -- one of those has an allowance, or is throttled
    v_picked          bigint[];
BEGIN
    -- An older snapshot would not see what other workers sent while this one waited for a group's lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = format('giftbridge.claim counts the allowance under a lock and needs READ COMMITTED, not %s',
                upper(current_setting('transaction_isolation'))),
            HINT = 'See default_transaction_isolation of the database and of the worker''s role.';
    END IF;
    -- The journal must outlive a crash of the server, and reach its synchronous standby, whatever the session's setting.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.status = 'submitting' AND o.due_at <= now()) THEN
        PERFORM giftbridge.rescue(p_verify_after);
    END IF;
    v_now := clock_timestamp();

    -- Once: where there are many shops this is the dearest question.
    SELECT array_agg(lane.shop ORDER BY lane.priority DESC, lane.shop),
        array_agg(lane.priority ORDER BY lane.priority DESC, lane.shop) INTO v_lane_shops, v_lane_priorities
    FROM giftbridge.lanes AS lane WHERE lane.due_at <= v_now;
    -- A group is limited if any of its shops is, be it one that has nothing due.
    SELECT array_agg(s.name), array_agg(s.rate_group), bool_or(EXISTS (
        SELECT FROM giftbridge.shops AS t
        WHERE t.rate_group = s.rate_group AND (t.rate_limit IS NOT NULL OR t.throttled_until > v_now)))
    INTO v_due, v_groups, v_is_limited
    FROM giftbridge.shops AS s JOIN (
        SELECT lane.shop FROM unnest(v_lane_shops) AS lane (shop)
        UNION
        SELECT o.shop FROM giftbridge.orders AS o WHERE o.status = 'in_doubt' AND o.due_at <= v_now
    ) AS due ON due.shop = s.name
    WHERE NOT s.paused OR s.paused_until <= v_now;
    IF v_due IS NULL THEN
        RETURN;
    END IF;
    IF v_is_limited THEN
        PERFORM pg_advisory_xact_lock(hashtext('giftbridge.rate_group'), due_group.hash)
        FROM (
            SELECT DISTINCT hashtext(g.name) AS hash FROM unnest(v_groups) AS g (name)
            WHERE EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.rate_group = g.name AND s.rate_limit IS NOT NULL)
            ORDER BY hash
        ) AS due_group;
        -- What other workers sent is in the journal now, with earlier times than ours.
        v_now := clock_timestamp();
    END IF;

    -- The usual case first: one shop has nobody to be fair to.
    IF cardinality(v_due) = 1 THEN
        IF v_is_limited THEN
            p_slots := least(p_slots, (SELECT a.remaining FROM giftbridge.allowance(v_groups[1], v_now) AS a));
        END IF;
        v_picked := giftbridge.pick(v_due[1], p_slots, v_lane_shops, v_lane_priorities, p_lease, v_now);
    ELSE
        v_picked := giftbridge.pick_fairly(v_due, p_slots, v_lane_shops, v_lane_priorities, p_lease, v_now);
    END IF;
    IF v_picked = '{}' THEN
        RETURN;
    END IF;

    v_now := clock_timestamp();
    RETURN QUERY
    WITH claimed AS (
        UPDATE giftbridge.orders AS o
        SET status = 'submitting', submission_id = nextval('giftbridge.submissions_id_seq'), attempts = o.attempts + 1,
            due_at = v_now + p_lease, updated_at = v_now,
            -- What was sent before the doubt is frozen: a verification is the same request, byte for byte.
            sent_payment_method = CASE WHEN o.status = 'pending' THEN coalesce(o.payment_method, s.payment_method)
                ELSE o.sent_payment_method END,
            assigned_codes = CASE WHEN o.status = 'pending' AND o.assigned_codes IS NULL AND s.assign_codes
                THEN giftbridge.assigned_codes(o.items, s.code_prefix) ELSE o.assigned_codes END
        FROM giftbridge.shops AS s
        -- Not plainly o.shop: for a table that it takes for empty the planner would walk an index that has the shop in it.
        WHERE o.id = ANY (v_picked) AND s.name = o.shop || ''
        RETURNING o.*, s.api_url, s.rate_group
    ), journal AS (
        INSERT INTO giftbridge.submissions (id, order_id, attempt, worker, rate_group, claimed_at)
        OVERRIDING SYSTEM VALUE
        SELECT c.submission_id, c.id, c.attempts, p_worker, c.rate_group, v_now FROM claimed AS c
    )
    SELECT c.submission_id, c.id, c.attempts, c.in_doubt_since IS NOT NULL, c.codes_renewed, c.shop, c.api_url,
        coalesce(c.shop_order_id, 'gb-' || c.id), c.items::text, c.assigned_codes, c.sent_payment_method,
        c.customer_email, c.customer_first_name, c.customer_last_name, c.customer_address1, c.customer_address2,
        c.customer_postcode, c.customer_town, c.customer_county,
        c.delivery_method, c.delivery_email, to_char(c.delivery_date, 'YYYY-MM-DD'), c.delivery_first_name, c.delivery_last_name,
        c.delivery_address1, c.delivery_address2, c.delivery_postcode, c.delivery_town, c.delivery_county
    FROM claimed AS c
    ORDER BY array_position(v_picked, c.id);
END
$$;
COMMENT ON FUNCTION giftbridge.claim(text, integer, interval, interval) IS 'Takes due orders for one worker: submitting, under a lease, each with its journal row.';
