-- Locks an order, and raises an error unless it is in one of the given states and has no request in flight. An order on which the caller
-- may not act is reported as missing. Called by the functions for operators and shops. Result: the order.
CREATE OR REPLACE FUNCTION giftbridge.require_status(p_id bigint, p_statuses text[], p_action text) RETURNS giftbridge.orders
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
BEGIN
    SELECT o.* INTO v_order FROM giftbridge.orders AS o
    WHERE o.id = p_id AND giftbridge.acts_for(o.shop) FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', coalesce(p_id::text, 'null'));
    END IF;
    IF v_order.status = ANY (p_statuses) AND v_order.status IN ('pending', 'in_doubt') THEN
        -- Waits for a claim that is about to commit.
        PERFORM FROM giftbridge.due AS d WHERE d.order_id = p_id FOR UPDATE;
    END IF;
    IF v_order.status IN ('pending', 'in_doubt') AND EXISTS (SELECT FROM giftbridge.in_flight AS f WHERE f.order_id = p_id) THEN
        v_order.status := 'submitting';
    END IF;
    IF v_order.status <> ALL (p_statuses) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s: only an order that is %s can be %s', p_id, v_order.status,
                array_to_string(p_statuses, ' or '), p_action);
    END IF;
    RETURN v_order;
END
$$;
COMMENT ON FUNCTION giftbridge.require_status(bigint, text[], text) IS 'Locks an order, and raises an error if it is in the wrong state.';
