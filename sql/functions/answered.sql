-- Applies what finished requests mean beyond their orders. p_how: passed: the vendor processed the order, so the key is good; answered:
-- the vendor was reached, so the place in the allowance is free one window from now; unsent: the request was not sent, and takes no
-- place.
--
-- Called by settle, and by settle_one. Locks the allowances by name; with p_skip_locked those that are locked keep their first
-- estimate, which is slightly later.
CREATE OR REPLACE FUNCTION giftbridge.answered(
    p_flights giftbridge.in_flight[], p_how text, p_skip_locked boolean, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_locked text[];    -- the allowances to change
BEGIN
    -- In a statement of its own: take_places must see what the last holder of the lock has written.
    IF p_skip_locked THEN
        v_locked := ARRAY(
            SELECT w.name FROM (SELECT DISTINCT f.allowance FROM unnest(p_flights) AS f ORDER BY f.allowance) AS f
            CROSS JOIN LATERAL (
                SELECT a.name FROM giftbridge.allowances AS a WHERE a.name = f.allowance AND a.rate_limit IS NOT NULL FOR UPDATE SKIP LOCKED) AS w);
    ELSE
        v_locked := ARRAY(
            SELECT w.name FROM (SELECT DISTINCT f.allowance FROM unnest(p_flights) AS f ORDER BY f.allowance) AS f
            CROSS JOIN LATERAL (
                SELECT a.name FROM giftbridge.allowances AS a WHERE a.name = f.allowance AND a.rate_limit IS NOT NULL FOR UPDATE) AS w);
    END IF;
    IF v_locked <> '{}' THEN
        PERFORM giftbridge.take_places(array_agg(change.name), array_agg(change.at), array_agg(change.taken), array_agg(change.taken * change.again),
            p_now)
        FROM unnest(p_flights) AS f
        CROSS JOIN LATERAL (SELECT * FROM giftbridge.allowances AS a WHERE a.name = f.allowance OFFSET 0) AS w
        -- The estimate that the claim made is removed, and the time that is known now is added.
        CROSS JOIN LATERAL (VALUES
            (w.name, giftbridge.place_free_at(f.claimed_at, NULL, w.rate_limit, w.rate_window), -1, CASE WHEN f.lane >= 200 THEN 1 ELSE 0 END),
            (w.name, giftbridge.place_free_at(f.claimed_at, p_now - f.claimed_at, w.rate_limit, w.rate_window),
                CASE WHEN p_how = 'unsent' THEN 0 ELSE 1 END, CASE WHEN f.lane >= 200 THEN 1 ELSE 0 END)
        ) AS change (name, at, taken, again)
        WHERE w.name = ANY (v_locked);
    END IF;
    IF p_how = 'passed' AND EXISTS (SELECT FROM giftbridge.set_aside) THEN
        WITH passed AS (
            DELETE FROM giftbridge.set_aside AS a USING unnest(p_flights) AS f
            WHERE a.shop = f.shop AND a.account = f.account || '@' || f.api_host AND f.claimed_at >= a.since
            RETURNING a.shop
        )
        UPDATE giftbridge.shop_state AS t SET passed_at = p_now FROM passed WHERE t.shop = passed.shop;
    END IF;
    IF p_how <> 'unsent' AND EXISTS (SELECT FROM giftbridge.unreachable) THEN
        DELETE FROM giftbridge.unreachable AS u USING unnest(p_flights) AS f WHERE u.worker = f.worker AND u.api_host = f.api_host;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.answered(giftbridge.in_flight[], text, boolean, timestamptz) IS 'Applies what finished requests mean for allowances, keys and addresses.';
