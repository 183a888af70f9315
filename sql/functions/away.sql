-- Records that a worker could not reach an address of the vendor. From now on one order at a time probes it, at growing intervals.
-- p_wait: the delay until the first probe, with jitter; it doubles with every failed probe, up to p_longest. Requests that were in
-- flight together count as one failure. Called by settle_one. Locks the address's row.
CREATE OR REPLACE FUNCTION giftbridge.away(p_flight giftbridge.in_flight, p_reason text, p_wait interval, p_longest interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO giftbridge.unreachable AS u (worker, api_host, reason, since, failed_at, probe_at)
    VALUES (p_flight.worker, p_flight.api_host, p_reason, clock_timestamp(), clock_timestamp(), clock_timestamp() + p_wait)
    ON CONFLICT (worker, api_host) DO UPDATE
    SET reason = excluded.reason, failures = u.failures + 1, failed_at = excluded.failed_at,
        probe_at = clock_timestamp() + least(p_wait * power(2, least(u.failures, 20)), p_longest)
    WHERE p_flight.claimed_at > u.failed_at;
END
$$;
COMMENT ON FUNCTION giftbridge.away(giftbridge.in_flight, text, interval, interval) IS 'Records that a worker could not reach an address of the vendor.';
