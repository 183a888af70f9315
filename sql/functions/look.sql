-- Shows what is waiting, for one worker: one row per lane with due or waiting orders, with the seconds until an order of it may be claimed
-- (0: now), ordered by shop and lane; and one row without a shop for the next lease that expires or order that expires. It steps from
-- lane to lane through the index, so that its cost depends on the number of lanes and not on the backlog.
--
-- p_most: the maximum number of lanes. Called by the worker (queries/worker.sql). Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.look(p_worker text, p_most integer)
RETURNS TABLE (shop text, lane smallint, seconds double precision, api_url text, account text, api_host text, allowance text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now CONSTANT timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH RECURSIVE step AS (
        (SELECT d.shop, d.lane, d.due_at FROM giftbridge.due AS d ORDER BY d.shop, d.lane, d.due_at LIMIT 1)
        UNION ALL
        SELECT following.*
        FROM step CROSS JOIN LATERAL (
            SELECT d.shop, d.lane, d.due_at FROM giftbridge.due AS d
            WHERE (d.shop, d.lane) > (step.shop, step.lane)
            ORDER BY d.shop, d.lane, d.due_at LIMIT 1) AS following
    ), waiting AS (
        SELECT step.* FROM step LIMIT p_most
    )
    SELECT w.shop, w.lane,
        greatest(extract(epoch FROM greatest(w.due_at, s.paused_until, limits.next_at, aside.probe_at, away.probe_at) - v_now), 0)::double precision,
        s.api_url, a.account, a.api_host, coalesce(known.allowance, t.allowance)
    FROM waiting AS w
    JOIN giftbridge.shops AS s ON s.name = w.shop
    JOIN giftbridge.shop_state AS t ON t.shop = w.shop
    LEFT JOIN giftbridge.accounts AS a ON a.shop = w.shop AND a.worker = p_worker
    LEFT JOIN LATERAL (SELECT CASE WHEN s.rate_group IS NULL THEN 'key ' || a.account END AS allowance) AS known ON true
    CROSS JOIN LATERAL giftbridge.allowance(coalesce(known.allowance, t.allowance), v_now) AS limits
    LEFT JOIN giftbridge.set_aside AS aside ON aside.shop = w.shop AND aside.account = a.account || '@' || a.api_host
    LEFT JOIN giftbridge.unreachable AS away ON away.worker = p_worker AND away.api_host = a.api_host
    WHERE NOT s.paused OR s.paused_until IS NOT NULL;

    RETURN QUERY
    SELECT NULL::text, NULL::smallint, greatest(extract(epoch FROM least(lease.until, expiry.at) - v_now), 0)::double precision,
        NULL::text, NULL::text, NULL::text, NULL::text
    FROM (SELECT min(f.lease_until) AS until FROM giftbridge.in_flight AS f) AS lease
    CROSS JOIN (SELECT min(d.expires_at) AS at FROM giftbridge.due AS d WHERE d.expires_at IS NOT NULL) AS expiry
    WHERE num_nonnulls(lease.until, expiry.at) > 0;
END
$$;
COMMENT ON FUNCTION giftbridge.look(text, integer) IS 'Shows what is waiting, lane by lane, with the seconds until it may be claimed.';
