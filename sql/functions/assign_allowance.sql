-- Sets which allowance a shop's requests count against. An allowance has the strictest limit of all shops for which any worker may use
-- it. When a shop moves to another allowance, the requests that it has sent move along, so that it does not get a second allowance.
-- Called by shops_changed, and by tell_accounts, which only makes limits stricter (p_relaxes false); that way a worker can report ten
-- thousand shops with one key in a second. Locks the shop's state, and then the allowances, by name.
CREATE OR REPLACE FUNCTION giftbridge.assign_allowance(p_shop text, p_account text, p_relaxes boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_former  text;
    v_present text;
    v_name    text;
    v_names   text[] := '{}';
    v_sent    giftbridge.allowances;
BEGIN
    SELECT t.allowance INTO v_former FROM giftbridge.shop_state AS t WHERE t.shop = p_shop FOR UPDATE;
    SELECT coalesce('group ' || s.rate_group, 'key ' || p_account, 'shop ' || s.name) INTO v_present
    FROM giftbridge.shops AS s WHERE s.name = p_shop;
    INSERT INTO giftbridge.shop_state AS t (shop, allowance, account) VALUES (p_shop, v_present, p_account)
    ON CONFLICT (shop) DO UPDATE SET allowance = excluded.allowance, account = excluded.account;

    -- While workers have different keys for the shop, each key has its own allowance, and each of these needs a limit.
    FOR v_name IN
        SELECT n.name FROM unnest(ARRAY[v_former, v_present]) AS n (name) WHERE n.name IS NOT NULL
        UNION
        SELECT 'key ' || a.account FROM giftbridge.accounts AS a JOIN giftbridge.shops AS s ON s.name = a.shop
        WHERE a.shop = p_shop AND a.account <> '-' AND s.rate_group IS NULL
        ORDER BY 1
    LOOP
        v_names := v_names || v_name;
        -- In a statement of its own: the next one must see what the last holder of the lock has written.
        PERFORM FROM giftbridge.allowances AS a WHERE a.name = v_name FOR UPDATE;
        INSERT INTO giftbridge.allowances AS a (name, rate_limit, rate_window)
        SELECT v_name, min(s.rate_limit), max(s.rate_window)
        FROM (
            SELECT p_shop AS shop WHERE NOT p_relaxes
            UNION
            SELECT t.shop FROM giftbridge.shop_state AS t WHERE p_relaxes AND t.allowance = v_name
            UNION
            -- Another worker may have reported another key for the shop since.
            SELECT k.shop FROM giftbridge.accounts AS k JOIN giftbridge.shops AS o ON o.name = k.shop
            WHERE p_relaxes AND o.rate_group IS NULL AND k.account = CASE WHEN v_name LIKE 'key %' THEN substr(v_name, 5) END
        ) AS member
        JOIN giftbridge.shops AS s ON s.name = member.shop
        -- An allowance that has lost its last shop keeps its limit: a worker with the former key may still use it.
        HAVING count(*) > 0
        ON CONFLICT (name) DO UPDATE
        SET rate_limit = CASE WHEN p_relaxes THEN excluded.rate_limit ELSE least(a.rate_limit, excluded.rate_limit) END,
            rate_window = CASE WHEN p_relaxes THEN excluded.rate_window ELSE greatest(a.rate_window, excluded.rate_window) END
        WHERE (a.rate_limit, a.rate_window) IS DISTINCT FROM (excluded.rate_limit, excluded.rate_window);
    END LOOP;
    SELECT a.* INTO v_sent FROM giftbridge.allowances AS a WHERE a.name = v_former;
    IF v_former NOT LIKE 'key %' THEN
        FOREACH v_name IN ARRAY v_names LOOP
            CONTINUE WHEN v_name IN (v_former, v_present);
            PERFORM giftbridge.take_places(array_fill(v_name, ARRAY[coalesce(cardinality(v_sent.free_at), 0)]), v_sent.free_at, v_sent.taken,
                v_sent.taken_again, clock_timestamp());
        END LOOP;
    END IF;
    IF v_former <> v_present THEN
        PERFORM giftbridge.take_places(array_fill(v_present, ARRAY[coalesce(cardinality(v_sent.free_at), 0)]), v_sent.free_at, v_sent.taken,
            v_sent.taken_again, clock_timestamp());
        UPDATE giftbridge.allowances AS a SET throttled_until = greatest(a.throttled_until, v_sent.throttled_until)
        WHERE a.name = v_present AND v_sent.throttled_until > clock_timestamp();
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.assign_allowance(text, text, boolean) IS 'Sets which allowance a shop''s requests count against.';
