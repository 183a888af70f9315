-- How long until a claim may find something to do: the earliest of ended leases, verifications, and each shop's first pending
-- order once its pause has ended and its allowance has room. Never negative; null: nothing is waiting.
-- Called by the worker after a claim that took less than it could. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.next_due() RETURNS interval
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
    -- greatest() ignores nulls, and would say that something is due at once.
    RETURN (SELECT CASE WHEN min(due.at) IS NOT NULL THEN greatest(min(due.at) - clock_timestamp(), interval '0') END
    FROM (
        SELECT min(o.due_at) AS at FROM giftbridge.orders AS o WHERE o.status = 'submitting'
        UNION ALL
        SELECT greatest(waiting.at, s.paused_until, allowance.next_at)
        FROM (
            SELECT lane.shop, min(lane.due_at) AS at FROM giftbridge.lanes AS lane GROUP BY lane.shop
            UNION ALL
            SELECT o.shop, min(o.due_at) FROM giftbridge.orders AS o
            WHERE o.status = 'in_doubt' AND o.due_at IS NOT NULL GROUP BY o.shop
        ) AS waiting
        JOIN giftbridge.shops AS s ON s.name = waiting.shop
        CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, clock_timestamp()) AS allowance
        WHERE NOT s.paused OR s.paused_until IS NOT NULL
    ) AS due);
END
$$;
COMMENT ON FUNCTION giftbridge.next_due() IS 'How long until a claim may find something to do; null: nothing is waiting.';
