-- Handles a result whose order is not in this database: the order was deleted, or the database was restored to a state before its insert.
-- An accepted answer is kept in the journal with reference and hash of the codes, for operators; the worker logs it as critical.
-- Called by settle, settle_one and settle_late. Takes no locks.
CREATE OR REPLACE FUNCTION giftbridge.settle_gone(
    p_order_id bigint, p_token uuid, p_reference text, p_codes text[], OUT status text, OUT is_applied boolean, OUT note text
)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_hash CONSTANT bytea := sha256(convert_to(array_to_string(p_codes, ' '), 'UTF8'));
BEGIN
    status := 'gone';
    is_applied := false;
    note := CASE WHEN p_codes IS NOT NULL THEN 'gone' ELSE 'late' END;
    IF p_codes IS NULL THEN
        RETURN;
    END IF;
    UPDATE giftbridge.journal AS j SET codes_hash = v_hash WHERE j.order_id = p_order_id AND j.token = p_token;
    IF NOT FOUND THEN
        INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
            outcome, error, reference, codes_hash)
        VALUES (p_order_id, 0, p_token, '', 'sale', 0, '', '', '', '', clock_timestamp(), clock_timestamp(), 'completed',
            'Sold, but this order is not in the database: it was deleted, or the database was restored to an earlier state.', p_reference, v_hash);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.settle_gone(bigint, uuid, text, text[]) IS 'Keeps an accepted answer whose order is not in this database.';
