-- How long until p_requests more requests of a rate group have been answered, if they are due since p_since and workers run.
--
-- Where the allowance binds, exactly: the first leave on the places that are free, the others as places become free, and every
-- place is free again a window (and the usual time of an answer) after it was taken. Where something is left of the allowance
-- although orders wait, or there is none, the workers or the vendor bind: then at the rate at which requests left since p_since
-- (of the last minute, and of at most 5,000). From the first claim to the last, which does not count: its request is as long on
-- the way as those before. Null: not known yet.
--
-- Called by the view queue, for readers that may not read the journal: hence SECURITY DEFINER. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.drain_seconds(p_group text, p_requests bigint, p_since timestamptz) RETURNS double precision
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit    integer;
    v_window   interval;
    v_from     timestamptz;    -- when the first may leave: now, or when a 429 is over
    v_answer   interval;       -- the usual time of an answer
    v_places   timestamptz[];
    v_free     bigint;
    v_cycle    interval;       -- from a place's use to its next
    v_seconds  double precision;
    v_recent   record;
BEGIN
    SELECT min(s.rate_limit), max(s.rate_window), greatest(max(s.throttled_until), now()) INTO v_limit, v_window, v_from
    FROM giftbridge.shops AS s WHERE s.rate_group = p_group;
    SELECT coalesce(avg(latest.took), interval '0') INTO v_answer
    FROM (SELECT j.finished_at - j.claimed_at AS took FROM giftbridge.submissions AS j
          WHERE j.rate_group = p_group AND j.outcome <> 'released' AND j.claimed_at > now() - interval '1 hour'
          ORDER BY j.claimed_at DESC LIMIT 200) AS latest;

    IF v_limit IS NOT NULL THEN
        v_places := giftbridge.allowance_places(p_group, v_window, now());
        v_free := greatest(v_limit - cardinality(v_places), 0);
        v_cycle := v_window + giftbridge.rate_margin(v_window) + least(v_answer, v_window);
        IF p_requests > v_free THEN
            -- One element per place of the allowance: when it may be used after the free ones are gone.
            v_places := v_places[greatest(cardinality(v_places) - v_limit, 0) + 1:] || array_fill(v_from + v_cycle, ARRAY[v_free::integer]);
            v_from := greatest(v_places[(p_requests - v_free - 1) % v_limit + 1], v_from) + (p_requests - v_free - 1) / v_limit * v_cycle;
        END IF;
        v_seconds := extract(epoch FROM v_from + v_answer - now());
    END IF;

    IF v_limit IS NULL OR v_free > 0 THEN
        SELECT extract(epoch FROM max(latest.claimed_at) - min(latest.claimed_at))::double precision AS seconds,
            count(*) FILTER (WHERE latest.claimed_at < latest.last_at) AS requests INTO v_recent
        FROM (SELECT j.claimed_at, max(j.claimed_at) OVER () AS last_at
              FROM (SELECT s.claimed_at FROM giftbridge.submissions AS s
                    WHERE s.rate_group = p_group AND s.claimed_at >= greatest(p_since, now() - interval '1 minute')
                        AND s.outcome IS DISTINCT FROM 'released'
                    ORDER BY s.claimed_at DESC LIMIT 5000) AS j) AS latest;
        -- greatest() ignores a null.
        v_seconds := greatest(v_seconds, p_requests * v_recent.seconds / nullif(v_recent.requests, 0));
    END IF;
    RETURN v_seconds;
END
$$;
COMMENT ON FUNCTION giftbridge.drain_seconds(text, bigint, timestamptz) IS 'How long until so many more requests of a rate group have been answered; null: not known yet.';
