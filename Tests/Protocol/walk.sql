-- What the random walk needs beside the product's schema: time that moves, a database that goes back, and one look at everything.
CREATE SCHEMA walk;

-- Time runs on: everything that was written or is due is that much longer ago. Past the triggers, as no shop does this.
CREATE FUNCTION walk.advance(p interval) RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
BEGIN
    UPDATE giftbridge.orders SET submit_after = submit_after - p, expires_at = expires_at - p, created_at = created_at - p,
        updated_at = updated_at - p, completed_at = completed_at - p, in_doubt_since = in_doubt_since - p, setup_fault_at = setup_fault_at - p;
    UPDATE giftbridge.due SET due_at = due_at - p, expires_at = expires_at - p;
    UPDATE giftbridge.in_flight SET claimed_at = claimed_at - p, lease_until = lease_until - p, expires_at = expires_at - p;
    UPDATE giftbridge.allowances SET throttled_until = throttled_until - p,
        free_at = ARRAY(SELECT f.at - p FROM unnest(free_at) WITH ORDINALITY AS f (at, n) ORDER BY f.n);
    UPDATE giftbridge.set_aside SET since = since - p, fault_at = fault_at - p, probe_at = probe_at - p;
    UPDATE giftbridge.unreachable SET since = since - p, failed_at = failed_at - p, probe_at = probe_at - p;
    UPDATE giftbridge.shop_state SET passed_at = passed_at - p, codes_ignored_at = codes_ignored_at - p;
    UPDATE giftbridge.shops SET paused_until = paused_until - p WHERE paused_until IS NOT NULL;
    UPDATE giftbridge.journal SET claimed_at = claimed_at - p, finished_at = finished_at - p;
END
$$;

-- As it was installed: one database serves many walks, so that its functions are planned once.
CREATE FUNCTION walk.reset() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE v_table text;
BEGIN
    FOR v_table IN SELECT tablename FROM pg_tables WHERE schemaname = 'giftbridge' AND tablename NOT IN ('installation', 'migrations') LOOP
        EXECUTE format('DELETE FROM giftbridge.%I', v_table);
    END LOOP;
    PERFORM setval(pg_get_serial_sequence('giftbridge.orders', 'id'), 1, false),
        setval(pg_get_serial_sequence('giftbridge.in_flight', 'id'), 1, false);
END
$$;

-- A copy of everything, and the way back to it: a restore from a backup, or a failover that lost commits.
CREATE FUNCTION walk.save() RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_table text;
BEGIN
    DROP SCHEMA IF EXISTS saved CASCADE;
    CREATE SCHEMA saved;
    FOR v_table IN SELECT tablename FROM pg_tables WHERE schemaname = 'giftbridge' LOOP
        EXECUTE format('CREATE TABLE saved.%I AS TABLE giftbridge.%1$I', v_table);
    END LOOP;
END
$$;
-- p_sequences: numbers are given out again, as after a restore; without it they go on, as after a failover.
CREATE FUNCTION walk.go_back(p_sequences boolean) RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE v_table text;
BEGIN
    FOR v_table IN SELECT tablename FROM pg_tables WHERE schemaname = 'giftbridge' LOOP
        EXECUTE format('DELETE FROM giftbridge.%I', v_table);
        EXECUTE format('INSERT INTO giftbridge.%I OVERRIDING SYSTEM VALUE SELECT * FROM saved.%1$I', v_table);
    END LOOP;
    IF p_sequences THEN
        PERFORM setval(pg_get_serial_sequence('giftbridge.orders', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM giftbridge.orders), false);
        PERFORM setval(pg_get_serial_sequence('giftbridge.in_flight', 'id'),
            (SELECT coalesce(max(id), 0) + 1 FROM (SELECT id FROM giftbridge.in_flight UNION ALL SELECT id FROM giftbridge.journal) AS n), false);
    END IF;
END
$$;

-- One row per order, with all that the promises are about.
CREATE VIEW walk.state AS
SELECT o.id, o.customer_email, o.shop, o.status, o.order_reference, o.voucher_codes, o.attempts, o.was_in_doubt, o.was_refused,
    o.error, jsonb_array_length(o.items) AS items, o.sent_to,
    d.lane, d.is_lookup, d.due_at <= clock_timestamp() AS is_due,
    f.token, f.kind, a.status AS attention, c.codes, c.assigned,
    (SELECT count(*) FROM giftbridge.codes AS k WHERE k.order_id = o.id) AS code_rows
FROM giftbridge.orders AS o
LEFT JOIN giftbridge.due AS d ON d.order_id = o.id
LEFT JOIN giftbridge.in_flight AS f ON f.order_id = o.id
LEFT JOIN giftbridge.attention AS a ON a.order_id = o.id
CROSS JOIN LATERAL (
    SELECT array_agg(k.code ORDER BY n) AS codes, array_agg(coalesce(k.is_assigned, false) ORDER BY n) AS assigned
    FROM generate_series(1, jsonb_array_length(o.items)) AS n
    LEFT JOIN giftbridge.codes AS k ON k.order_id = o.id AND k.position = n
) AS c;
-- What is left of orders that are not there.
CREATE VIEW walk.strays AS
SELECT 'due' AS place, d.order_id FROM giftbridge.due AS d WHERE NOT EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = d.order_id)
UNION ALL
SELECT 'in_flight', f.order_id FROM giftbridge.in_flight AS f WHERE NOT EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = f.order_id)
UNION ALL
SELECT 'attention', a.order_id FROM giftbridge.attention AS a WHERE NOT EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.id = a.order_id);
