-- Handles the result of one look-up: whether the code of one item exists at the vendor. Then the next item's code is looked up. After the
-- last one: if all exist, the order is sold; if none exists, it is sent again, unless it was refused before; if only some exist, or the shop
-- chose all codes, an operator decides.
--
-- p_found null: no answer; the same code is looked up again after p_due_in, a limited number of times.
-- Called by settle_one, which has locked the order.
CREATE OR REPLACE FUNCTION giftbridge.settle_lookup(
    p_order giftbridge.orders, p_flight giftbridge.in_flight, p_found boolean, p_due_in interval, p_error text, p_max_verifications integer
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Codes of items that the shop has removed since then still belong to the order, but are not looked up.
    v_items CONSTANT integer := jsonb_array_length(p_order.items);
    v_codes text[] := ARRAY(SELECT c.code FROM giftbridge.codes AS c WHERE c.order_id = p_order.id AND c.position <= v_items ORDER BY c.position);
    -- A code that the shop chose may be another sale's, and only with an assigned one does the vendor refuse an order that was sold meanwhile.
    v_is_assigned CONSTANT boolean := EXISTS (
        SELECT FROM giftbridge.codes AS c WHERE c.order_id = p_order.id AND c.position <= v_items AND c.is_assigned);
    v_found text;
    v_some  integer;
    v_say   text;    -- to the operator
BEGIN
    IF p_order.status <> 'in_doubt' THEN
        RETURN;
    ELSIF p_found IS NULL THEN
        IF p_due_in IS NULL OR p_order.verifications >= p_max_verifications THEN
            v_say := 'Outcome unknown, and its codes could not be looked up. ' || coalesce(p_error, '');
        ELSE
            UPDATE giftbridge.orders AS o SET verifications = o.verifications + 1 WHERE o.id = p_order.id;
            INSERT INTO giftbridge.due (order_id, shop, lane, due_at, is_lookup) VALUES (p_order.id, p_order.shop, 200, now() + p_due_in, true);
            RETURN;
        END IF;
    ELSE
        INSERT INTO giftbridge.lookups AS l (order_id, position, is_found) VALUES (p_order.id, p_flight.position, p_found)
        ON CONFLICT (order_id, position) DO UPDATE SET is_found = excluded.is_found, looked_at = now();
        IF EXISTS (SELECT FROM giftbridge.codes AS c WHERE c.order_id = p_order.id AND c.position <= v_items AND NOT EXISTS (
            SELECT FROM giftbridge.lookups AS l WHERE l.order_id = p_order.id AND l.position = c.position)) THEN
            INSERT INTO giftbridge.due (order_id, shop, lane, due_at, is_lookup) VALUES (p_order.id, p_order.shop, 200, now(), true);
            RETURN;
        END IF;
        SELECT string_agg(l.position::text, ', ' ORDER BY l.position) FILTER (WHERE l.is_found), count(*) FILTER (WHERE l.is_found)
        INTO v_found, v_some FROM giftbridge.lookups AS l WHERE l.order_id = p_order.id;
        IF v_some = cardinality(v_codes) AND v_some = v_items AND v_is_assigned THEN
            UPDATE giftbridge.orders AS o
            SET status = 'completed', voucher_codes = v_codes, completed_at = clock_timestamp(), updated_at = clock_timestamp(), in_doubt_since = NULL,
                error = 'Sold. Smart Gift confirms that its codes exist, but the reply to the order was lost, so there is no reference.'
            WHERE o.id = p_order.id;
            RETURN;
        ELSIF v_some = 0 AND NOT p_order.was_refused AND p_order.verifications < p_max_verifications
            AND v_is_assigned THEN
            UPDATE giftbridge.orders AS o SET verifications = o.verifications + 1, updated_at = now(),
                error = 'Outcome unknown; none of its codes exists at the vendor yet. Giftbridge will send it again.' WHERE o.id = p_order.id;
            INSERT INTO giftbridge.due (order_id, shop, lane, due_at) VALUES (p_order.id, p_order.shop, 200, now());
            RETURN;
        END IF;
        v_say := CASE WHEN v_some = 0 AND p_order.was_refused THEN 'None of its codes exists at the vendor, which refused the order before: it was probably not sold.'
            WHEN v_some = 0 THEN 'None of its codes exists at the vendor: it was probably not sold.'
            WHEN v_some = v_items THEN 'All its codes exist at the vendor, but the shop chose them, so they may have been sold with another order.'
            ELSE format('Partly sold: of %s items, the codes of these exist at the vendor: %s.', v_items, v_found) END;
    END IF;
    UPDATE giftbridge.orders AS o SET error = v_say || ' Ask the vendor, then resolve the order.', updated_at = now() WHERE o.id = p_order.id;
    INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (p_order.id, p_order.shop, 'in_doubt')
    ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
END
$$;
COMMENT ON FUNCTION giftbridge.settle_lookup(giftbridge.orders, giftbridge.in_flight, boolean, interval, text, integer) IS 'Handles the result of one look-up of a code.';
