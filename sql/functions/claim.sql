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
-- tables. JIT is off because the planner's penalty for disabled plans would make it compile a query of microseconds.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz := clock_timestamp();
    v_left      integer := p_slots;
    v_most      integer;
    v_shop      record;
    v_remaining integer;
    v_again     integer;
    v_is_probe  boolean;
    v_skip      bigint;       -- the order of the last probe
    v_ids       bigint[];     -- taken from one lane
    v_lookups   boolean[];
    v_expired   bigint[];
    v_all       bigint[] := '{}';
    v_all_lanes integer[] := '{}';
    v_all_lookups boolean[] := '{}';
    v_allowances text[] := '{}';
    v_accounts  text[] := '{}';
    v_hosts     text[] := '{}';
    v_has_obstacles CONSTANT boolean := EXISTS (SELECT FROM giftbridge.set_aside) OR EXISTS (SELECT FROM giftbridge.unreachable);
BEGIN
    -- The write-ahead entry must survive a crash of the server, and reach its synchronous standby, whatever the session's setting.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    FOR i IN 1 .. cardinality(p_shops) LOOP
        EXIT WHEN v_left <= 0;
        v_most := least(p_most[i], v_left);
        v_skip := NULL;
        v_is_probe := false;
        SELECT s.rate_group, t.codes_ignored_at, a.account, a.api_host,
            CASE WHEN s.rate_group IS NULL THEN 'key ' || a.account ELSE t.allowance END AS allowance INTO v_shop
        FROM giftbridge.shops AS s JOIN giftbridge.shop_state AS t ON t.shop = s.name
        JOIN giftbridge.accounts AS a ON a.shop = s.name AND a.worker = p_worker
        WHERE s.name = p_shops[i] AND (NOT s.paused OR s.paused_until <= v_now);
        CONTINUE WHEN NOT FOUND;

        IF v_has_obstacles THEN
            SELECT o.is_probe, o.skipped INTO v_is_probe, v_skip
            FROM giftbridge.probe(p_worker, p_shops[i], v_shop.account, v_shop.api_host, p_lease, v_now) AS o;
            CONTINUE WHEN v_is_probe IS NULL;
            v_most := CASE WHEN v_is_probe THEN 1 ELSE v_most END;
        END IF;
        IF p_lanes[i] = 201 THEN
            -- An order that was being sent when a worker died may have caused that.
            CONTINUE WHEN EXISTS (SELECT FROM giftbridge.in_flight AS f WHERE f.lane = 201 AND f.worker = p_worker);
            v_most := 1;
        END IF;

        IF EXISTS (SELECT FROM giftbridge.allowances AS w
            WHERE w.name = v_shop.allowance AND (w.rate_limit IS NOT NULL OR w.throttled_until > v_now)) THEN
            PERFORM FROM giftbridge.allowances AS w WHERE w.name = v_shop.allowance FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            -- Read under the lock, so that what other workers took is counted with earlier times.
            v_now := clock_timestamp();
            SELECT w.remaining, w.remaining_again INTO v_remaining, v_again FROM giftbridge.allowance(v_shop.allowance, v_now) AS w;
            IF p_lanes[i] >= 200 AND giftbridge.waits_fresh(v_shop.allowance, p_shops[i], v_now) THEN
                v_remaining := v_again;
            END IF;
            v_most := least(v_most, v_remaining);
            CONTINUE WHEN v_most <= 0;
        ELSE
            v_remaining := NULL;
        END IF;

        IF p_lanes[i] >= 200 THEN
            PERFORM giftbridge.refuse_unverifiable(p_shops[i], p_lanes[i], v_shop.account || '@' || v_shop.api_host,
                v_shop.codes_ignored_at IS NOT NULL, v_now);
        END IF;
        WITH picked AS MATERIALIZED (
            SELECT d.ctid AS place FROM giftbridge.due AS d
            WHERE d.shop = p_shops[i] AND d.lane = p_lanes[i] AND d.due_at <= v_now AND d.order_id IS DISTINCT FROM v_skip
                -- In lanes below 200 no order was ever in doubt.
                AND (d.lane < 200 OR EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = d.order_id
                    AND (o.sent_to IS NULL OR o.sent_to = v_shop.account || '@' || v_shop.api_host)))
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

        IF v_remaining IS NOT NULL THEN
            PERFORM giftbridge.take_places(v_shop.allowance, ARRAY[giftbridge.place_free_at(v_now, NULL, w.rate_limit, w.rate_window)],
                ARRAY[cardinality(v_ids)], ARRAY[CASE WHEN p_lanes[i] >= 200 THEN cardinality(v_ids) ELSE 0 END], v_now)
            FROM giftbridge.allowances AS w WHERE w.name = v_shop.allowance AND w.rate_limit IS NOT NULL;
        END IF;
        IF v_is_probe THEN
            PERFORM giftbridge.probing(p_worker, p_shops[i], v_shop.account, v_shop.api_host, v_ids[1], p_lease, v_now);
        END IF;
        v_left := v_left - cardinality(v_ids);
        v_all := v_all || v_ids;
        v_all_lookups := v_all_lookups || v_lookups;
        v_all_lanes := v_all_lanes || array_fill(i, ARRAY[cardinality(v_ids)]);
        -- One element per lane.
        v_allowances[i] := v_shop.allowance;
        v_accounts[i] := v_shop.account;
        v_hosts[i] := v_shop.api_host;
    END LOOP;
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
        JOIN giftbridge.orders AS o ON o.id = t.order_id
        -- Not plain o.shop: if the planner believed the table to be empty, it would scan an index that contains the shop.
        JOIN giftbridge.shops AS s ON s.name = o.shop || ''
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
