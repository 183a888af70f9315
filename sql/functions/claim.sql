-- Takes due orders for one worker from the given lanes, in their order. Each order gets a row in in_flight, with a lease, in the
-- caller's transaction. The caller COMMITs before it sends the first byte of any request.
--
-- p_shops, p_lanes, p_most: the lanes (giftbridge.due) and the maximum number of orders from each; p_slots: the maximum from all. What
-- may be sent is decided here, by: the allowance, of which at most half is for orders that are sent again while new ones wait; paused
-- shops; keys set aside and unreachable addresses, which one order probes; the account to which an order in doubt was sent.
--
-- Called by the worker (queries/worker.sql). Never waits for a lock: allowances and due rows that are locked are skipped.
-- Result: one row per claimed order, in the order in which to send them; all columns of the request, none of it interpreted.
CREATE OR REPLACE FUNCTION giftbridge.claim(
    p_worker text, p_slots integer, p_lease interval, p_shops text[], p_lanes smallint[], p_most integer[]
) RETURNS TABLE (
    token uuid, order_id bigint, kind text, attempt integer, lane smallint, account text, api_host text, verifications integer, was_in_doubt boolean,
    was_refused boolean, "position" smallint, site_id integer, shop text, shop_order_id text, items text, assigned_codes text[],
    payment_method integer,
    customer_email text, customer_first_name text, customer_last_name text, customer_address1 text, customer_address2 text,
    customer_postcode text, customer_town text, customer_county text,
    delivery_method integer, delivery_email text, delivery_date text, delivery_first_name text, delivery_last_name text,
    delivery_address1 text, delivery_address2 text, delivery_postcode text, delivery_town text, delivery_county text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Index scans and nested loops are the right plan from the first call on, before there are statistics, whatever the size of the
-- tables. LATERAL with OFFSET 0 is a lookup for each row, also where the table was tiny when the plan was made. JIT is off because the planner's penalty for disabled plans would make it compile a query of microseconds.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz := clock_timestamp();
    v_left      integer := p_slots;
    v_most      integer;
    v_lane      record;
    v_position  integer;
    v_remaining integer;
    v_is_probe  boolean;
    v_skip      bigint;       -- the order of the last probe
    v_ids       bigint[];     -- taken from one lane
    v_lookups   boolean[];
    v_expired   bigint[];
    v_all       bigint[] := '{}';
    v_all_lanes integer[] := '{}';
    v_all_lookups boolean[] := '{}';
    v_locked    text[];       -- the allowances that may be used
    -- One element per allowance that orders were taken from.
    v_names     text[] := '{}';
    v_free_at   timestamptz[] := '{}';
    v_taken     integer[] := '{}';
    v_again     integer[] := '{}';
    -- One element per lane.
    v_allowances text[] := '{}';
    v_accounts  text[] := '{}';
    v_hosts     text[] := '{}';
    v_has_obstacles CONSTANT boolean := EXISTS (SELECT FROM giftbridge.set_aside) OR EXISTS (SELECT FROM giftbridge.unreachable);
BEGIN
    -- The write-ahead entry must outlive a crash of the server, and reach its synchronous standby, whatever the session's setting.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- In a statement of its own: the next one must see what the last holders of the locks have written.
    v_locked := ARRAY(
        SELECT w.name
        FROM (
            SELECT DISTINCT CASE WHEN k.rate_group IS NULL THEN 'key ' || k.account ELSE k.allowance END AS allowance
            FROM unnest(p_shops) AS l (shop)
            CROSS JOIN LATERAL (
                SELECT s.rate_group, a.account, t.allowance
                FROM giftbridge.shops AS s CROSS JOIN giftbridge.shop_state AS t CROSS JOIN giftbridge.accounts AS a
                WHERE s.name = l.shop AND t.shop = l.shop AND a.shop = l.shop AND a.worker = p_worker OFFSET 0) AS k
            ORDER BY allowance
        ) AS n
        CROSS JOIN LATERAL (
            SELECT w.name FROM giftbridge.allowances AS w
            WHERE w.name = n.allowance AND (w.rate_limit IS NOT NULL OR w.throttled_until > v_now) FOR UPDATE SKIP LOCKED) AS w);
    -- Later than the times that other workers have written.
    v_now := clock_timestamp();

    FOR v_lane IN
        SELECT l.number::integer AS number, l.shop, l.lane, l.most, k.codes_ignored_at, k.account, k.api_host, k.allowance,
            w.rate_limit, w.rate_window, w.rate_limit IS NOT NULL OR w.throttled_until > v_now AS is_limited,
            w.name = ANY (v_locked) AND (w.throttled_until > v_now) IS NOT TRUE AS is_open,
            w.rate_limit - used.places AS remaining, (w.rate_limit + 1) / 2 - used.again AS remaining_again
        FROM unnest(p_shops, p_lanes, p_most) WITH ORDINALITY AS l (shop, lane, most, number)
        CROSS JOIN LATERAL (
            SELECT t.codes_ignored_at, a.account, a.api_host,
                CASE WHEN s.rate_group IS NULL THEN 'key ' || a.account ELSE t.allowance END AS allowance
            FROM giftbridge.shops AS s CROSS JOIN giftbridge.shop_state AS t CROSS JOIN giftbridge.accounts AS a
            WHERE s.name = l.shop AND t.shop = l.shop AND a.shop = l.shop AND a.worker = p_worker
                AND (NOT s.paused OR s.paused_until <= v_now) OFFSET 0) AS k
        LEFT JOIN LATERAL (SELECT * FROM giftbridge.allowances AS w WHERE w.name = k.allowance OFFSET 0) AS w ON true
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.taken), 0) AS places, coalesce(sum(p.again), 0) AS again
            FROM unnest(w.free_at, w.taken, w.taken_again) AS p (at, taken, again) WHERE p.at > v_now) AS used
        ORDER BY l.number
    LOOP
        EXIT WHEN v_left <= 0;
        v_most := least(v_lane.most, v_left);
        v_skip := NULL;
        v_is_probe := false;
        IF v_has_obstacles THEN
            SELECT o.is_probe, o.skipped INTO v_is_probe, v_skip
            FROM giftbridge.probe(p_worker, v_lane.shop, v_lane.account, v_lane.api_host, p_lease, v_now) AS o;
            CONTINUE WHEN v_is_probe IS NULL;
            v_most := CASE WHEN v_is_probe THEN 1 ELSE v_most END;
        END IF;
        IF v_lane.lane = 201 THEN
            -- What was being sent when a worker died may be what it died of.
            CONTINUE WHEN EXISTS (SELECT FROM giftbridge.in_flight AS f WHERE f.lane = 201 AND f.worker = p_worker);
            v_most := 1;
        END IF;

        IF v_lane.is_limited THEN
            CONTINUE WHEN NOT v_lane.is_open;
            -- What this claim has taken already is used, too.
            v_position := array_position(v_names, v_lane.allowance);
            v_remaining := v_lane.remaining - coalesce(v_taken[v_position], 0);
            IF v_lane.lane >= 200 AND giftbridge.waits_fresh(v_lane.allowance, v_lane.shop, v_now) THEN
                v_remaining := least(v_remaining, v_lane.remaining_again - coalesce(v_again[v_position], 0));
            END IF;
            v_most := least(v_most, v_remaining);
            CONTINUE WHEN v_most <= 0;
        END IF;

        IF v_lane.lane >= 200 THEN
            PERFORM giftbridge.refuse_unverifiable(v_lane.shop, v_lane.lane, v_lane.account || '@' || v_lane.api_host,
                v_lane.codes_ignored_at IS NOT NULL, v_now);
        END IF;
        WITH picked AS MATERIALIZED (
            SELECT d.ctid AS place FROM giftbridge.due AS d
            WHERE d.shop = v_lane.shop AND d.lane = v_lane.lane AND d.due_at <= v_now AND d.order_id IS DISTINCT FROM v_skip
                -- In lanes below 200 no order was ever in doubt. Not EXISTS: PostgreSQL 18 would read all orders into a hash table for it.
                AND (d.lane < 200 OR (SELECT o.sent_to IS NULL OR o.sent_to = v_lane.account || '@' || v_lane.api_host
                    FROM giftbridge.orders AS o WHERE o.id = d.order_id))
            ORDER BY d.due_at, d.order_id LIMIT v_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM giftbridge.due AS d USING picked WHERE d.ctid = picked.place
            RETURNING d.order_id, d.is_lookup, d.expires_at <= v_now AS is_expired
        )
        SELECT array_agg(g.order_id) FILTER (WHERE g.is_expired IS NOT TRUE),
            array_agg(g.is_lookup) FILTER (WHERE g.is_expired IS NOT TRUE),
            array_agg(g.order_id) FILTER (WHERE g.is_expired) INTO v_ids, v_lookups, v_expired
        FROM gone AS g;
        IF v_expired IS NOT NULL THEN
            PERFORM giftbridge.expire(v_expired);
        END IF;
        CONTINUE WHEN v_ids IS NULL;

        IF v_lane.rate_limit IS NOT NULL THEN
            IF v_position IS NULL THEN
                v_names := v_names || v_lane.allowance;
                v_free_at := v_free_at || giftbridge.place_free_at(v_now, NULL, v_lane.rate_limit, v_lane.rate_window);
                v_taken := v_taken || 0;
                v_again := v_again || 0;
                v_position := cardinality(v_names);
            END IF;
            v_taken[v_position] := v_taken[v_position] + cardinality(v_ids);
            v_again[v_position] := v_again[v_position] + CASE WHEN v_lane.lane >= 200 THEN cardinality(v_ids) ELSE 0 END;
        END IF;
        IF v_is_probe THEN
            PERFORM giftbridge.probing(p_worker, v_lane.shop, v_lane.account, v_lane.api_host, v_ids[1], p_lease, v_now);
        END IF;
        v_left := v_left - cardinality(v_ids);
        v_all := v_all || v_ids;
        v_all_lookups := v_all_lookups || v_lookups;
        v_all_lanes := v_all_lanes || array_fill(v_lane.number, ARRAY[cardinality(v_ids)]);
        v_allowances[v_lane.number] := v_lane.allowance;
        v_accounts[v_lane.number] := v_lane.account;
        v_hosts[v_lane.number] := v_lane.api_host;
    END LOOP;
    IF v_names <> '{}' THEN
        PERFORM giftbridge.take_places(v_names, v_free_at, v_taken, v_again, v_now);
    END IF;
    IF v_all = '{}' THEN
        RETURN;
    END IF;

    -- A separate statement, and so a new snapshot, which has what a shop changed before its order was locked here.
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT gen_random_uuid() AS token, o.*, t.number, p_lanes[t.lane] AS lane, v_accounts[t.lane] AS account, v_hosts[t.lane] AS api_host,
            v_allowances[t.lane] AS allowance, s.site_id,
            CASE WHEN t.is_lookup THEN 'lookup' WHEN o.in_doubt_since IS NOT NULL THEN 'verification' ELSE 'sale' END AS kind,
            o.attempts + CASE WHEN t.is_lookup THEN 0 ELSE 1 END AS attempt,
            -- A verification is the same request as before, byte for byte, so it uses the payment method that was sent.
            coalesce(o.sent_payment_method, o.payment_method, s.payment_method) AS method,
            CASE WHEN t.is_lookup THEN (
                SELECT min(c.position) FROM giftbridge.codes AS c
                WHERE c.order_id = o.id AND c.position <= jsonb_array_length(o.items) AND NOT EXISTS (
                    SELECT FROM giftbridge.lookups AS l WHERE l.order_id = o.id AND l.position = c.position)
            ) END AS position
        FROM unnest(v_all, v_all_lanes, v_all_lookups) WITH ORDINALITY AS t (order_id, lane, is_lookup, number)
        CROSS JOIN LATERAL (SELECT * FROM giftbridge.orders AS o WHERE o.id = t.order_id OFFSET 0) AS o
        CROSS JOIN LATERAL (SELECT s.payment_method, s.site_id FROM giftbridge.shops AS s WHERE s.name = o.shop OFFSET 0) AS s
    ), flight AS (
        INSERT INTO giftbridge.in_flight (order_id, token, shop, lane, kind, attempt, position, worker, account, api_host, allowance,
            payment_method, expires_at, claimed_at, lease_until)
        SELECT c.id, c.token, c.shop, c.lane, c.kind, c.attempt, c.position, p_worker, c.account, c.api_host, c.allowance, c.method,
            CASE WHEN NOT c.was_in_doubt THEN c.expires_at END, v_now, v_now + p_lease
        FROM chosen AS c
    )
    SELECT c.token, c.id, c.kind, c.attempt, c.lane, c.account, c.api_host, c.verifications, c.was_in_doubt, c.was_refused, c.position, c.site_id, c.shop,
        coalesce(c.shop_order_id, 'gb-' || c.id), c.items::text, known.assigned_codes, c.method,
        c.customer_email, c.customer_first_name, c.customer_last_name, c.customer_address1, c.customer_address2,
        c.customer_postcode, c.customer_town, c.customer_county,
        c.delivery_method, c.delivery_email, to_char(c.delivery_date, 'YYYY-MM-DD'), c.delivery_first_name, c.delivery_last_name,
        c.delivery_address1, c.delivery_address2, c.delivery_postcode, c.delivery_town, c.delivery_county
    FROM chosen AS c
    CROSS JOIN LATERAL (
        SELECT array_agg(CASE WHEN k.is_assigned THEN k.code END ORDER BY item) AS assigned_codes
        FROM generate_series(1, jsonb_array_length(c.items)) AS item
        LEFT JOIN giftbridge.codes AS k ON k.order_id = c.id AND k.position = item
    ) AS known
    ORDER BY c.number;
END
$$;
COMMENT ON FUNCTION giftbridge.claim(text, integer, interval, text[], smallint[], integer[]) IS 'Takes due orders for one worker from the given lanes, with a lease.';
