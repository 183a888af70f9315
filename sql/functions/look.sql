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
        greatest(extract(epoch FROM greatest(w.due_at, s.paused_until,
            -- For lanes by the thousand: only of an allowance that is used up it is asked when it opens again.
            CASE WHEN used.places >= limits.rate_limit OR limits.throttled_until > v_now THEN (giftbridge.allowance(limits.name, v_now)).next_at END,
            aside.probe_at, away.probe_at) - v_now), 0)::double precision,
        s.api_url, a.account, a.api_host, known.allowance
    FROM waiting AS w
    -- LATERAL with OFFSET 0 is a lookup for each row, also where the table was tiny when the plan was made.
    CROSS JOIN LATERAL (SELECT * FROM giftbridge.shops AS s WHERE s.name = w.shop OFFSET 0) AS s
    CROSS JOIN LATERAL (SELECT * FROM giftbridge.shop_state AS t WHERE t.shop = w.shop OFFSET 0) AS t
    LEFT JOIN LATERAL (SELECT * FROM giftbridge.accounts AS a WHERE a.shop = w.shop AND a.worker = p_worker OFFSET 0) AS a ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(CASE WHEN s.rate_group IS NULL THEN 'key ' || a.account END, t.allowance) AS allowance) AS known
    LEFT JOIN LATERAL (SELECT * FROM giftbridge.allowances AS l WHERE l.name = known.allowance OFFSET 0) AS limits ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.taken), 0) AS places FROM unnest(limits.free_at, limits.taken) AS p (at, taken) WHERE p.at > v_now) AS used
    LEFT JOIN LATERAL (
        SELECT k.probe_at FROM giftbridge.set_aside AS k WHERE k.shop = w.shop AND k.account = a.account || '@' || a.api_host OFFSET 0
    ) AS aside ON true
    LEFT JOIN LATERAL (
        SELECT u.probe_at FROM giftbridge.unreachable AS u WHERE u.worker = p_worker AND u.api_host = a.api_host OFFSET 0) AS away ON true
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
