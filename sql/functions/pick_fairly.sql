-- Deals p_slots out over rate groups, those served longest ago first, and, within a group's allowance, over its shops, those
-- served least of late first: in equal shares, what one leaves going to the next. So one that always has work never starves
-- another, even where there is one slot at a time. p_due: the shops; the rest as pick has it.
--
-- Called by claim, which holds the locks of the limited groups. Locks what pick locks. Result: the orders' ids.
CREATE OR REPLACE FUNCTION giftbridge.pick_fairly(
    p_due text[], p_slots integer, p_lane_shops text[], p_lane_priorities integer[], p_lease interval, p_now timestamptz
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_picked bigint[] := '{}';
    v_taken  bigint[];
    v_left   integer;    -- what the group may still send
    v_group  record;
    v_shop   record;
BEGIN
    FOR v_group IN
        SELECT g.name, g.shops, count(*) OVER () - row_number() OVER (ORDER BY g.served_at NULLS FIRST, g.tie) + 1 AS groups_left
        FROM (
            SELECT s.rate_group AS name, array_agg(s.name) AS shops, random() AS tie,
                (SELECT max(j.claimed_at) FROM giftbridge.submissions AS j WHERE j.rate_group = s.rate_group) AS served_at
            FROM giftbridge.shops AS s WHERE s.name = ANY (p_due) GROUP BY s.rate_group
        ) AS g
        ORDER BY g.served_at NULLS FIRST, g.tie
    LOOP
        v_left := ceil((p_slots - cardinality(v_picked)) / v_group.groups_left::numeric);
        EXIT WHEN v_left <= 0;
        v_left := least(v_left, (SELECT a.remaining FROM giftbridge.allowance(v_group.name, p_now) AS a));
        CONTINUE WHEN v_left <= 0;

        FOR v_shop IN
            SELECT s.name, count(*) OVER () - row_number() OVER (ORDER BY recent.served NULLS FIRST, s.name) + 1 AS shops_left
            FROM giftbridge.shops AS s LEFT JOIN (
                -- Fairness needs no memory of its own: the end of the journal knows who was served. One shop has nobody to
                -- be fair to.
                SELECT o.shop, count(*) AS served
                FROM (SELECT j.order_id FROM giftbridge.submissions AS j
                      WHERE j.rate_group = v_group.name AND cardinality(v_group.shops) > 1
                      ORDER BY j.claimed_at DESC LIMIT 200) AS latest
                JOIN giftbridge.orders AS o ON o.id = latest.order_id
                GROUP BY o.shop
            ) AS recent ON recent.shop = s.name
            WHERE s.name = ANY (v_group.shops)
            ORDER BY recent.served NULLS FIRST, s.name
        LOOP
            v_taken := giftbridge.pick(v_shop.name, ceil(v_left / v_shop.shops_left::numeric)::integer,
                p_lane_shops, p_lane_priorities, p_lease, p_now);
            v_left := v_left - cardinality(v_taken);
            v_picked := v_picked || v_taken;
        END LOOP;
    END LOOP;
    RETURN v_picked;
END
$$;
COMMENT ON FUNCTION giftbridge.pick_fairly(text[], integer, text[], integer[], interval, timestamptz) IS 'Deals slots out over rate groups and shops.';
