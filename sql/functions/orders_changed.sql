-- Updates codes and due row of an order that a shop has changed.
--
-- An assigned code always stays with its item; an added item gets a new code. A code that the shop chose can be changed as long as the
-- order was never in doubt. Called by trigger orders_changed, once per order.
CREATE OR REPLACE FUNCTION giftbridge.orders_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_secret  CONSTANT bytea := (SELECT i.secret FROM giftbridge.installation AS i);
    v_shop    record;
    v_content bytea;
    v_code    text;
    v_known   giftbridge.codes;
    v_at      text;
BEGIN
    IF NEW.status NOT IN ('pending', 'rejected', 'failed') OR NEW.customer_email = 'erased@erased.invalid' THEN
        RETURN NULL;
    END IF;
    IF NEW.items <> OLD.items THEN
        SELECT s.assign_codes, s.code_prefix INTO v_shop FROM giftbridge.shops AS s WHERE s.name = NEW.shop;
        FOR i IN 1 .. jsonb_array_length(NEW.items) LOOP
            v_code := NEW.items -> (i - 1) ->> 'code';
            v_at := format('items[%s].code', i - 1);
            SELECT c.* INTO v_known FROM giftbridge.codes AS c WHERE c.order_id = NEW.id AND c.position = i;
            CONTINUE WHEN v_known.code = v_code OR (v_code IS NULL AND (v_known.is_assigned OR NOT v_shop.assign_codes));
            IF v_known.is_assigned THEN
                PERFORM giftbridge.refuse_order(v_at, 'can no longer be chosen: Giftbridge assigned this item''s code when the order was inserted');
            ELSIF v_known.code IS NOT NULL AND NEW.was_in_doubt THEN
                PERFORM giftbridge.refuse_order(v_at, 'cannot be changed: the order was in doubt, and may have been sold with this code');
            ELSIF EXISTS (SELECT FROM giftbridge.codes AS c
                WHERE upper(c.code) = upper(v_code) AND c.is_assigned AND c.order_id <> NEW.id) THEN
                PERFORM giftbridge.refuse_order(v_at, 'is already used by another order: choose another code, or leave it out so that Giftbridge assigns one');
            END IF;
            v_content := coalesce(v_content, giftbridge.order_content(NEW));
            INSERT INTO giftbridge.codes AS c (order_id, position, code, is_assigned)
            VALUES (NEW.id, i, coalesce(v_code, v_shop.code_prefix || giftbridge.derived_code(v_secret, v_content, i)), v_code IS NULL)
            ON CONFLICT (order_id, position) DO UPDATE SET code = excluded.code, is_assigned = excluded.is_assigned;
        END LOOP;
    END IF;
    IF NEW.status = 'pending' THEN
        UPDATE giftbridge.due AS d
        SET shop = NEW.shop, expires_at = CASE WHEN NOT NEW.was_in_doubt THEN NEW.expires_at END,
            lane = CASE WHEN d.lane <= 100 THEN - NEW.priority ELSE d.lane END,
            due_at = CASE WHEN NEW.submit_after <> OLD.submit_after THEN NEW.submit_after ELSE d.due_at END
        WHERE d.order_id = NEW.id;
        NOTIFY giftbridge_orders;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_changed() IS 'Trigger: updates codes and queue row of a changed order.';
