-- Creates the voucher code of every item, which is permanent, and a row in due for each new order. The shop's own commit makes the
-- codes durable before any request is sent.
--
-- Called by the statement trigger orders_enqueue, once for all rows of an INSERT. Raises check_violation if an item's code
-- belongs to another order.
CREATE OR REPLACE FUNCTION giftbridge.orders_enqueue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_secret CONSTANT bytea := (SELECT i.secret FROM giftbridge.installation AS i);
    v_item   text;
BEGIN
    INSERT INTO giftbridge.codes (order_id, position, code, is_assigned)
    SELECT o.id, item.position, coalesce(item.value ->> 'code', o.code_prefix || giftbridge.derived_code(v_secret, o.content, item.position)),
        item.value ->> 'code' IS NULL
    FROM (
        SELECT n.id, n.items, s.assign_codes, s.code_prefix, giftbridge.order_content(n) AS content
        FROM inserted AS n JOIN giftbridge.shops AS s ON s.name = n.shop
    ) AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.items) WITH ORDINALITY AS item (value, position)
    WHERE o.assign_codes OR item.value ->> 'code' IS NOT NULL;

    SELECT format('items[%s].code', chosen.position - 1) INTO v_item
    FROM inserted AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.items) WITH ORDINALITY AS chosen (value, position)
    JOIN giftbridge.codes AS c ON upper(c.code) = upper(chosen.value ->> 'code') AND c.is_assigned AND c.order_id <> o.id
    WHERE chosen.value ->> 'code' IS NOT NULL LIMIT 1;
    IF v_item IS NOT NULL THEN
        PERFORM giftbridge.refuse_order(v_item, 'is already used by another order: choose another code, or leave it out so that Giftbridge assigns one');
    END IF;

    INSERT INTO giftbridge.due (order_id, shop, lane, due_at, expires_at)
    SELECT o.id, o.shop, - o.priority, o.submit_after, o.expires_at FROM inserted AS o ORDER BY o.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_enqueue() IS 'Trigger: assigns the voucher codes of new orders, and queues them.';
