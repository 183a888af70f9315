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
    v_allowance record;
BEGIN
    FOR v_allowance IN
        SELECT w.name, array_agg(giftbridge.place_free_at(f.claimed_at, NULL, w.rate_limit, w.rate_window)) AS estimates,
            array_agg(giftbridge.place_free_at(f.claimed_at, p_now - f.claimed_at, w.rate_limit, w.rate_window)) AS free_at,
            array_agg(1) AS ones, array_agg(-1) AS minus, array_agg(CASE WHEN f.lane >= 200 THEN 1 ELSE 0 END) AS again,
            array_agg(CASE WHEN f.lane >= 200 THEN -1 ELSE 0 END) AS minus_again
        FROM unnest(p_flights) AS f JOIN giftbridge.allowances AS w ON w.name = f.allowance
        WHERE w.rate_limit IS NOT NULL GROUP BY w.name ORDER BY w.name
    LOOP
        IF p_skip_locked THEN
            PERFORM FROM giftbridge.allowances AS w WHERE w.name = v_allowance.name FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
        ELSE
            -- In a statement of its own: take_places must see what the last holder of the lock has written.
            PERFORM FROM giftbridge.allowances AS w WHERE w.name = v_allowance.name FOR UPDATE;
        END IF;
        IF p_how = 'unsent' THEN
            PERFORM giftbridge.take_places(v_allowance.name, v_allowance.estimates, v_allowance.minus, v_allowance.minus_again, p_now);
        ELSE
            PERFORM giftbridge.take_places(v_allowance.name, v_allowance.estimates || v_allowance.free_at,
                v_allowance.minus || v_allowance.ones, v_allowance.minus_again || v_allowance.again, p_now);
        END IF;
    END LOOP;
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
