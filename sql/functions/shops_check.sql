-- Refuses to rename or delete a shop that has orders, because its key and the codes of its orders depend on its name; and a name that would
-- share the variable of another shop's key (the index shops_key_variable_idx would, too, in words that no one understands).
-- Called by trigger shops_check before INSERT, UPDATE and DELETE of a shop.
CREATE OR REPLACE FUNCTION giftbridge.shops_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_other text;    -- a shop with the same variable
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.name <> OLD.name)
        AND EXISTS (SELECT FROM giftbridge.orders AS o WHERE o.shop = OLD.name) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('shop %s has orders: it cannot be %s', OLD.name, CASE TG_OP WHEN 'DELETE' THEN 'deleted' ELSE 'renamed' END),
            HINT = 'Its key and the codes of its orders depend on its name. Insert a shop with the new name, and pause this one once its orders are finished.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    v_other := (
        SELECT s.name FROM giftbridge.shops AS s
        WHERE upper(regexp_replace(s.name COLLATE "C", '[^A-Za-z0-9]', '_', 'g')) = upper(regexp_replace(NEW.name COLLATE "C", '[^A-Za-z0-9]', '_', 'g'))
            AND s.name <> NEW.name AND (TG_OP = 'INSERT' OR s.name <> OLD.name));
    IF v_other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation',
            MESSAGE = format('shops %s and %s would share the variable of their key', v_other, NEW.name),
            HINT = 'In GIFTBRIDGE_API_KEY_<SHOP>, characters other than ASCII letters and digits are written as _: choose a name that differs in them.';
    END IF;
    IF NOT NEW.paused THEN
        NEW.paused_until := NULL;
        NEW.pause_reason := NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.shops_check() IS 'Trigger: refuses to rename or delete a shop that has orders.';
