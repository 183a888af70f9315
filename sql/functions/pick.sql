-- Locks up to p_most due orders of one shop and returns their ids: verifications before new orders, and those by priority, due
-- time, id. A shop paused by a set-up fault gives one order as a probe once its pause has ended, and is paused for p_lease more.
-- p_lane_shops and p_lane_priorities: the lanes that have something due, the highest priority first.
--
-- Called by claim and pick_fairly, whose planner settings and search_path it has. Locks the orders (FOR UPDATE SKIP LOCKED), and
-- the shop where it is paused.
CREATE OR REPLACE FUNCTION giftbridge.pick(
    p_shop text, p_most integer, p_lane_shops text[], p_lane_priorities integer[], p_lease interval, p_now timestamptz
) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_picked bigint[];
BEGIN
    IF p_most <= 0 THEN
        RETURN '{}';
    END IF;
    IF EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = p_shop AND s.paused) THEN
        -- Without waiting, as the locks of rate groups are held: whoever has the shop is about to mend or to stop it.
        UPDATE giftbridge.shops AS s SET paused_until = p_now + p_lease
        FROM (SELECT due.name FROM giftbridge.shops AS due
              WHERE due.name = p_shop AND due.paused AND due.paused_until <= p_now FOR UPDATE SKIP LOCKED) AS due
        WHERE s.name = due.name;
        IF NOT FOUND THEN
            RETURN '{}';
        END IF;
        p_most := 1;
    END IF;

    v_picked := ARRAY(
        SELECT o.id FROM giftbridge.orders AS o
        WHERE o.status = 'in_doubt' AND o.due_at <= p_now AND o.shop = p_shop
        ORDER BY o.due_at LIMIT p_most FOR UPDATE SKIP LOCKED);
    FOR i IN 1 .. coalesce(cardinality(p_lane_shops), 0) LOOP
        CONTINUE WHEN p_lane_shops[i] <> p_shop;
        EXIT WHEN cardinality(v_picked) >= p_most;
        v_picked := v_picked || ARRAY(
            SELECT o.id FROM giftbridge.orders AS o
            WHERE o.status = 'pending' AND o.shop = p_shop AND - o.priority::integer = - p_lane_priorities[i] AND o.due_at <= p_now
            ORDER BY o.due_at, o.id LIMIT p_most - cardinality(v_picked) FOR UPDATE SKIP LOCKED);
    END LOOP;
    RETURN v_picked;
END
$$;
COMMENT ON FUNCTION giftbridge.pick(text, integer, text[], integer[], interval, timestamptz) IS 'Locks due orders of one shop.';
