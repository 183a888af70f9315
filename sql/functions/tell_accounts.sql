-- A worker says with which key, and to which host, it sends each shop's requests. Shops without a rate group share the allowance of
-- their key. Called by the worker (calls/tell_accounts.sql) before its first claim of a shop, and when a key has changed.
-- Locks what assign_allowance locks.
CREATE OR REPLACE FUNCTION giftbridge.tell_accounts(p_worker text, p_shops text[], p_accounts text[], p_hosts text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_told record;
BEGIN
    FOR v_told IN
        SELECT t.* FROM unnest(p_shops, p_accounts, p_hosts) AS t (shop, account, api_host)
        JOIN giftbridge.shops AS s ON s.name = t.shop ORDER BY t.shop
    LOOP
        INSERT INTO giftbridge.accounts AS a (shop, worker, account, api_host, seen_at)
        VALUES (v_told.shop, p_worker, v_told.account, v_told.api_host, now())
        ON CONFLICT (shop, worker) DO UPDATE SET account = excluded.account, api_host = excluded.api_host, seen_at = excluded.seen_at;
        IF (SELECT t.account FROM giftbridge.shop_state AS t WHERE t.shop = v_told.shop) IS DISTINCT FROM v_told.account THEN
            PERFORM giftbridge.assign_allowance(v_told.shop, v_told.account);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION giftbridge.tell_accounts(text, text[], text[], text[]) IS 'A worker says with which key and to which host it sends each shop''s requests.';
