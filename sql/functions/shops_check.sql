-- Refuses to rename or delete a shop that has orders, because its key and the codes of its orders depend on its name.
-- Called by trigger shops_check before INSERT, UPDATE and DELETE of a shop.
CREATE OR REPLACE FUNCTION giftbridge.shops_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
    IF NOT NEW.paused THEN
        NEW.paused_until := NULL;
        NEW.pause_reason := NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.shops_check() IS 'Trigger: refuses to rename or delete a shop that has orders.';
