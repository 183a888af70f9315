-- Estimates how long it takes until p_requests more requests of an allowance have been answered, if they are due since p_since and
-- workers are running.
--
-- If the allowance is the limit, the result is exact: the first requests use the free places, the others follow as places become
-- free, and each place is free again one window (and the usual time of an answer) after it was taken. If there is no allowance, or
-- some of it is unused although orders wait, then the workers or the vendor are the limit, and the result is based on the rate at
-- which requests were answered since p_since (of the last minute). Null: not known yet.
--
-- Called by the view queue, for readers that may not read the journal: hence SECURITY DEFINER. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.drain_seconds(p_allowance text, p_requests bigint, p_since timestamptz) RETURNS double precision
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_allowance giftbridge.allowances;
    v_from      timestamptz;      -- when the first may be sent: now, or when a 429 is over
    v_answer    interval;         -- the usual time of an answer
    v_places    timestamptz[];    -- when each place that is taken becomes free
    v_free      bigint;
    v_cycle     interval;         -- from a place's use to its next
    v_seconds   double precision;
    v_recent    record;
BEGIN
    SELECT a.* INTO v_allowance FROM giftbridge.allowances AS a WHERE a.name = p_allowance;
    v_from := greatest(v_allowance.throttled_until, now());
    SELECT coalesce(avg(latest.took), interval '0') INTO v_answer
    FROM (SELECT j.finished_at - j.claimed_at AS took FROM giftbridge.journal AS j
          WHERE j.finished_at > now() - interval '10 minutes' AND j.allowance = p_allowance AND j.http_status IS NOT NULL LIMIT 200) AS latest;

    IF v_allowance.rate_limit IS NOT NULL THEN
        v_places := ARRAY(SELECT p.at FROM unnest(v_allowance.free_at, v_allowance.taken) AS p (at, taken)
            CROSS JOIN generate_series(1, p.taken) WHERE p.at > now() ORDER BY p.at);
        v_free := greatest(v_allowance.rate_limit - cardinality(v_places), 0);
        v_cycle := v_allowance.rate_window + giftbridge.rate_margin(v_allowance.rate_window) + least(v_answer, v_allowance.rate_window);
        IF p_requests > v_free THEN
            -- One element per place of the allowance: when it may be used after the free ones are gone.
            v_places := v_places[greatest(cardinality(v_places) - v_allowance.rate_limit, 0) + 1:]
                || array_fill(v_from + v_cycle, ARRAY[v_free::integer]);
            v_from := greatest(v_places[(p_requests - v_free - 1) % v_allowance.rate_limit + 1], v_from)
                + (p_requests - v_free - 1) / v_allowance.rate_limit * v_cycle;
        END IF;
        v_seconds := extract(epoch FROM v_from + v_answer - now());
    END IF;

    IF v_allowance.rate_limit IS NULL OR v_free > 0 THEN
        SELECT extract(epoch FROM max(j.finished_at) - min(j.finished_at))::double precision AS seconds, count(*) - 1 AS requests INTO v_recent
        FROM giftbridge.journal AS j
        WHERE j.finished_at >= greatest(p_since, now() - interval '1 minute') AND j.allowance = p_allowance AND j.outcome <> 'released';
        -- greatest() ignores a null.
        v_seconds := greatest(v_seconds, p_requests * v_recent.seconds / nullif(v_recent.requests, 0));
    END IF;
    RETURN v_seconds;
END
$$;
COMMENT ON FUNCTION giftbridge.drain_seconds(text, bigint, timestamptz) IS 'Estimated time until the given number of further requests of an allowance has been answered; null: not known yet.';
