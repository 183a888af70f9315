-- Takes due orders for one worker: they become submitting, under a lease, with a journal row each, in the caller's transaction.
-- The caller COMMITs before the first byte of any request leaves.
--
-- First ended leases are rescued. Then the slots are dealt out over rate groups, those served longest ago first, and, within a
-- group's allowance, over its shops, those served least of late first: in equal shares, what one leaves going to the next. So
-- one that always has work never starves another, even where there is one slot at a time. Within a shop
-- verifications come before new orders, and those go by priority, due time, id. A shop paused by a set-up fault gives one
-- order as a probe once its pause has ended.
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
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now             timestamptz;
    v_lane_shops      text[];     -- the lanes that have something due
    v_lane_priorities integer[];
    v_due             text[];     -- the shops that have something due
    v_picked          bigint[] := '{}';
    v_taken           bigint[];
    v_left            integer;    -- what the group may still send
    v_share           integer;
    v_group           record;
    v_shop            record;
    v_lane            record;
BEGIN
    -- An older snapshot would not see what other workers sent while this one waited for a group's lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = format('giftbridge.claim counts the allowance under a lock and needs READ COMMITTED, not %s',
                upper(current_setting('transaction_isolation'))),
            HINT = 'See default_transaction_isolation of the database and of the worker''s role.';
    END IF;
    -- The journal must outlive a crash of the server.
    PERFORM giftbridge.flush_commit();
    PERFORM giftbridge.rescue(p_verify_after);
    v_now := clock_timestamp();

    -- Once: where there are many shops this is the dearest question.
    SELECT array_agg(lane.shop), array_agg(lane.priority) INTO v_lane_shops, v_lane_priorities
    FROM giftbridge.lanes() AS lane WHERE lane.due_at <= v_now;
    v_due := ARRAY(
        SELECT s.name FROM giftbridge.shops AS s JOIN (
            SELECT lane.shop FROM unnest(v_lane_shops) AS lane (shop)
            UNION
            SELECT o.shop FROM giftbridge.orders AS o WHERE o.status = 'in_doubt' AND o.due_at <= v_now
        ) AS due ON due.shop = s.name
        WHERE NOT s.paused OR s.paused_until <= v_now);
    IF v_due = '{}' THEN
        RETURN;
    END IF;
    -- A group is limited if any of its shops is, be it one that has nothing due.
    PERFORM pg_advisory_xact_lock(hashtext('giftbridge.rate_group'), limited.hash)
    FROM (
        SELECT DISTINCT hashtext(s.rate_group) AS hash FROM giftbridge.shops AS s
        WHERE s.rate_limit IS NOT NULL
            AND s.rate_group IN (SELECT t.rate_group FROM giftbridge.shops AS t WHERE t.name = ANY (v_due))
        ORDER BY hash
    ) AS limited;
    -- After the locks: what other workers sent is in the journal now, with earlier times than ours.
    v_now := clock_timestamp();

    FOR v_group IN
        SELECT g.name, g.shops, count(*) OVER () - row_number() OVER (ORDER BY g.served_at NULLS FIRST, g.tie) + 1 AS groups_left
        FROM (
            SELECT s.rate_group AS name, array_agg(s.name) AS shops, random() AS tie,
                (SELECT max(j.claimed_at) FROM giftbridge.submissions AS j WHERE j.rate_group = s.rate_group) AS served_at
            FROM giftbridge.shops AS s WHERE s.name = ANY (v_due) GROUP BY s.rate_group
        ) AS g
        ORDER BY g.served_at NULLS FIRST, g.tie
    LOOP
        v_share := ceil((p_slots - cardinality(v_picked)) / v_group.groups_left::numeric);
        EXIT WHEN v_share <= 0;
        v_left := least(v_share, (SELECT a.remaining FROM giftbridge.allowance(v_group.name, v_now) AS a));
        CONTINUE WHEN v_left <= 0;

        FOR v_shop IN
            SELECT s.name, s.paused,
                count(*) OVER () - row_number() OVER (ORDER BY recent.served NULLS FIRST, s.name) + 1 AS shops_left
            FROM giftbridge.shops AS s LEFT JOIN (
                -- Fairness needs no memory of its own: the end of the journal knows who was served. One shop has nobody to
                -- be fair to.
                SELECT o.shop, count(*) AS served
                FROM (SELECT j.order_id FROM giftbridge.submissions AS j
                      WHERE j.rate_group = v_group.name AND cardinality(v_group.shops) > 1
                      ORDER BY j.claimed_at DESC LIMIT 200) AS latest
                JOIN giftbridge.orders AS o ON o.id = latest.order_id
                GROUP BY o.shop
            ) AS recent ON recent.shop = s.name
            WHERE s.name = ANY (v_group.shops)
            ORDER BY recent.served NULLS FIRST, s.name
        LOOP
            v_share := ceil(v_left / v_shop.shops_left::numeric);
            CONTINUE WHEN v_share <= 0;
            IF v_shop.paused THEN
                UPDATE giftbridge.shops SET paused_until = v_now + p_lease
                WHERE name = v_shop.name AND paused AND paused_until <= v_now;
                CONTINUE WHEN NOT FOUND;
                v_share := 1;
            END IF;

            v_taken := ARRAY(
                SELECT o.id FROM giftbridge.orders AS o
                WHERE o.status = 'in_doubt' AND o.due_at <= v_now AND o.shop = v_shop.name
                ORDER BY o.due_at LIMIT v_share FOR UPDATE SKIP LOCKED);
            FOR v_lane IN
                SELECT lane.priority FROM unnest(v_lane_shops, v_lane_priorities) AS lane (shop, priority)
                WHERE lane.shop = v_shop.name ORDER BY lane.priority DESC
            LOOP
                EXIT WHEN cardinality(v_taken) >= v_share;
                v_taken := v_taken || ARRAY(
                    SELECT o.id FROM giftbridge.orders AS o
                    WHERE o.status = 'pending' AND o.shop = v_shop.name AND - o.priority::integer = - v_lane.priority
                        AND o.due_at <= v_now
                    ORDER BY o.due_at, o.id LIMIT v_share - cardinality(v_taken) FOR UPDATE SKIP LOCKED);
            END LOOP;
            v_left := v_left - cardinality(v_taken);
            v_picked := v_picked || v_taken;
        END LOOP;
    END LOOP;
    IF v_picked = '{}' THEN
        RETURN;
    END IF;

    v_now := clock_timestamp();
    RETURN QUERY
    WITH picked AS (
        SELECT p.id, p.position, nextval('giftbridge.submissions_id_seq') AS submission_id
        FROM unnest(v_picked) WITH ORDINALITY AS p (id, position)
    ), claimed AS (
        UPDATE giftbridge.orders AS o
        SET status = 'submitting', submission_id = picked.submission_id, attempts = o.attempts + 1,
            due_at = v_now + p_lease, updated_at = v_now,
            -- What was sent before the doubt is frozen: a verification is the same request, byte for byte.
            sent_payment_method = CASE WHEN o.status = 'pending' THEN coalesce(o.payment_method, s.payment_method)
                ELSE o.sent_payment_method END,
            assigned_codes = CASE WHEN o.status = 'pending' AND o.assigned_codes IS NULL AND s.assign_codes
                THEN giftbridge.assigned_codes(o.items, s.code_prefix) ELSE o.assigned_codes END
        FROM picked, giftbridge.shops AS s
        WHERE o.id = picked.id AND s.name = o.shop
        RETURNING o.*, s.api_url, s.rate_group, picked.position
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
    ORDER BY c.position;
END
$$;
COMMENT ON FUNCTION giftbridge.claim(text, integer, interval, interval) IS 'Takes due orders for one worker: submitting, under a lease, each with its journal row.';
