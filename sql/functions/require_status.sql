-- Locks an order and refuses with a clear error unless it is in one of the given states. An order that is not the caller's to
-- act on is as good as none. Called by retry, cancel and the resolve functions.
CREATE OR REPLACE FUNCTION giftbridge.require_status(p_id bigint, p_statuses text[], p_action text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_status text;
BEGIN
    SELECT o.status INTO v_status FROM giftbridge.orders AS o
    WHERE o.id = p_id AND giftbridge.acts_for(o.shop) FOR UPDATE;
    IF v_status IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', coalesce(p_id::text, 'null'));
    ELSIF v_status <> ALL (p_statuses) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s: only an order that is %s can be %s', p_id, v_status,
                array_to_string(p_statuses, ' or '), p_action);
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.require_status(bigint, text[], text) IS 'Locks an order and refuses a wrong state.';
