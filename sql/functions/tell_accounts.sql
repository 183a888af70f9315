-- Records with which key, and to which host, a worker sends each shop's requests, or why it has no key for a shop (p_faults); then the
-- shop is set aside for this worker. Shops without a rate group share the allowance of their key.
-- Called by the worker (queries/worker.sql) before its first claim of a shop, and when a key has changed.
-- Locks what assign_allowance locks.
CREATE OR REPLACE FUNCTION giftbridge.tell_accounts(p_worker text, p_shops text[], p_accounts text[], p_hosts text[], p_faults text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_told record;
BEGIN
    FOR v_told IN
        SELECT t.* FROM unnest(p_shops, p_accounts, p_hosts, p_faults) AS t (shop, account, api_host, fault)
        JOIN giftbridge.shops AS s ON s.name = t.shop ORDER BY t.shop
    LOOP
        INSERT INTO giftbridge.accounts AS a (shop, worker, account, api_host, seen_at)
        VALUES (v_told.shop, p_worker, v_told.account, v_told.api_host, now())
        ON CONFLICT (shop, worker) DO UPDATE SET account = excluded.account, api_host = excluded.api_host, seen_at = excluded.seen_at;
        IF v_told.fault IS NOT NULL THEN
            INSERT INTO giftbridge.set_aside AS a (shop, account, reason, since, fault_at, probe_at, last_order)
            VALUES (v_told.shop, v_told.account || '@' || v_told.api_host, v_told.fault, now(), now(), 'infinity', 0)
            ON CONFLICT (shop, account) DO UPDATE SET reason = excluded.reason;
        ELSE
            DELETE FROM giftbridge.set_aside AS a WHERE a.shop = v_told.shop AND a.account = '-@' || p_worker;
            IF (SELECT t.account FROM giftbridge.shop_state AS t WHERE t.shop = v_told.shop) IS DISTINCT FROM v_told.account THEN
                PERFORM giftbridge.assign_allowance(v_told.shop, v_told.account, false);
            END IF;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION giftbridge.tell_accounts(text, text[], text[], text[], text[]) IS 'Records with which key and to which host a worker sends each shop''s requests.';
