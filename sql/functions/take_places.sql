-- Adds used places to an allowance, or removes them (negative count), and deletes those that have become free.
-- Called by claim, answered and assign_allowance, which have locked the allowance's row in an earlier statement; otherwise changes that
-- another session makes while this one waits for the lock would be lost.
-- The cost is constant: up to 200 requests are kept one by one; with a higher limit they are grouped by a two-hundredth of the window.
CREATE OR REPLACE FUNCTION giftbridge.take_places(
    p_allowance text, p_free_at timestamptz[], p_taken integer[], p_taken_again integer[], p_now timestamptz
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE giftbridge.allowances AS a
    SET free_at = coalesce(places.free_at, '{}'), taken = coalesce(places.taken, '{}'), taken_again = coalesce(places.taken_again, '{}')
    FROM (
        SELECT array_agg(place.at ORDER BY place.at) AS free_at, array_agg(place.taken ORDER BY place.at) AS taken,
            array_agg(greatest(place.again, 0) ORDER BY place.at) AS taken_again
        FROM (
            SELECT p.at, sum(p.taken)::integer AS taken, sum(p.again)::integer AS again
            FROM (
                SELECT known.* FROM giftbridge.allowances AS k
                CROSS JOIN LATERAL unnest(k.free_at, k.taken, k.taken_again) AS known (at, taken, again) WHERE k.name = p_allowance
                UNION ALL
                SELECT * FROM unnest(p_free_at, p_taken, p_taken_again)
            ) AS p (at, taken, again)
            WHERE p.at > p_now GROUP BY p.at HAVING sum(p.taken) > 0
        ) AS place
    ) AS places
    WHERE a.name = p_allowance
$$;
COMMENT ON FUNCTION giftbridge.take_places(text, timestamptz[], integer[], integer[], timestamptz) IS 'Adds used places to an allowance, or removes them.';
