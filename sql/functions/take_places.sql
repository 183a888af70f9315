-- Adds used places to allowances, or removes them (negative count), and deletes those that have become free.
-- p_allowances, p_free_at, p_taken, p_taken_again: one element per change; several changes may be of one allowance.
-- Called by claim, answered and assign_allowance, which have locked the allowances' rows in an earlier statement; otherwise changes
-- that another session makes while this one waits for the lock would be lost. Its cost per allowance is constant: up to 200 requests
-- are kept one by one; with a higher limit they are grouped by a two-hundredth of the window.
CREATE OR REPLACE FUNCTION giftbridge.take_places(
    p_allowances text[], p_free_at timestamptz[], p_taken integer[], p_taken_again integer[], p_now timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE giftbridge.allowances AS a
    SET free_at = coalesce(places.free_at, '{}'), taken = coalesce(places.taken, '{}'), taken_again = coalesce(places.taken_again, '{}')
    FROM (
        SELECT c.name, array_agg(c.at) AS free_at, array_agg(c.taken) AS taken, array_agg(c.again) AS again
        FROM unnest(p_allowances, p_free_at, p_taken, p_taken_again) AS c (name, at, taken, again) GROUP BY c.name
    ) AS change
    -- A lookup for each, also where the table was tiny when the plan was made.
    CROSS JOIN LATERAL (SELECT k.ctid AS place, k.* FROM giftbridge.allowances AS k WHERE k.name = change.name OFFSET 0) AS known
    CROSS JOIN LATERAL (
        SELECT array_agg(place.at ORDER BY place.at) AS free_at, array_agg(place.taken ORDER BY place.at) AS taken,
            array_agg(greatest(place.again, 0) ORDER BY place.at) AS taken_again
        FROM (
            SELECT p.at, sum(p.taken)::integer AS taken, sum(p.again)::integer AS again
            FROM (
                SELECT * FROM unnest(known.free_at, known.taken, known.taken_again)
                UNION ALL
                SELECT * FROM unnest(change.free_at, change.taken, change.again)
            ) AS p (at, taken, again)
            WHERE p.at > p_now GROUP BY p.at HAVING sum(p.taken) > 0
        ) AS place
    ) AS places
    WHERE a.ctid = known.place;
END
$$;
COMMENT ON FUNCTION giftbridge.take_places(text[], timestamptz[], integer[], integer[], timestamptz) IS 'Adds used places to allowances, or removes them.';
