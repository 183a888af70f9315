-- Says which allowance a shop's requests count against, and keeps the limits of that allowance the strictest of its shops. A shop
-- that moves takes along what was sent: it brings no second allowance.
-- Called by shops_changed and tell_accounts. Locks the shop's state, and then the allowances, by name.
CREATE OR REPLACE FUNCTION giftbridge.assign_allowance(p_shop text, p_account text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_former  text;
    v_present text;
    v_name    text;
    v_sent    giftbridge.allowances;
BEGIN
    SELECT t.allowance INTO v_former FROM giftbridge.shop_state AS t WHERE t.shop = p_shop FOR UPDATE;
    SELECT coalesce('group ' || s.rate_group, 'key ' || p_account, 'shop ' || s.name) INTO v_present
    FROM giftbridge.shops AS s WHERE s.name = p_shop;
    INSERT INTO giftbridge.shop_state AS t (shop, allowance, account) VALUES (p_shop, v_present, p_account)
    ON CONFLICT (shop) DO UPDATE SET allowance = excluded.allowance, account = excluded.account;

    FOR v_name IN SELECT DISTINCT n.name FROM unnest(ARRAY[v_former, v_present]) AS n (name) WHERE n.name IS NOT NULL ORDER BY n.name LOOP
        INSERT INTO giftbridge.allowances AS a (name, rate_limit, rate_window)
        SELECT v_name, min(s.rate_limit), max(s.rate_window)
        FROM giftbridge.shop_state AS t JOIN giftbridge.shops AS s ON s.name = t.shop WHERE t.allowance = v_name
        -- An allowance that has lost its last shop keeps its limit: a worker with the former key may still use it.
        HAVING count(*) > 0
        ON CONFLICT (name) DO UPDATE SET rate_limit = excluded.rate_limit, rate_window = excluded.rate_window
            WHERE (a.rate_limit, a.rate_window) IS DISTINCT FROM (excluded.rate_limit, excluded.rate_window);
    END LOOP;
    SELECT a.* INTO v_sent FROM giftbridge.allowances AS a WHERE a.name = v_former;
    -- While workers have different keys of the shop, each counts by its own, and none is without a limit.
    FOR v_name IN
        INSERT INTO giftbridge.allowances AS a (name, rate_limit, rate_window)
        SELECT DISTINCT 'key ' || t.account, s.rate_limit, s.rate_window
        FROM giftbridge.accounts AS t JOIN giftbridge.shops AS s ON s.name = t.shop
        WHERE t.shop = p_shop AND t.account <> '-' AND s.rate_group IS NULL AND 'key ' || t.account <> v_present ORDER BY 1
        ON CONFLICT (name) DO UPDATE
        SET rate_limit = least(a.rate_limit, excluded.rate_limit), rate_window = greatest(a.rate_window, excluded.rate_window)
        RETURNING a.name
    LOOP
        CONTINUE WHEN v_former LIKE 'key %' OR v_former IS NULL;
        PERFORM giftbridge.take_places(v_name, v_sent.free_at, v_sent.taken, v_sent.taken_again, clock_timestamp());
    END LOOP;
    IF v_former <> v_present THEN
        PERFORM giftbridge.take_places(v_present, v_sent.free_at, v_sent.taken, v_sent.taken_again, clock_timestamp());
        UPDATE giftbridge.allowances AS a SET throttled_until = greatest(a.throttled_until, v_sent.throttled_until)
        WHERE a.name = v_present AND v_sent.throttled_until > clock_timestamp();
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.assign_allowance(text, text) IS 'Says which allowance a shop''s requests count against.';
