-- Keeps a shop's state and allowance up to date with the shop, and wakes the workers, because orders may have become due.
-- Called by trigger shops_changed after INSERT, UPDATE and DELETE of a shop. Locks the shop's allowances.
CREATE OR REPLACE FUNCTION giftbridge.shops_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.name <> OLD.name) THEN
        DELETE FROM giftbridge.shop_state AS t WHERE t.shop = OLD.name;
        DELETE FROM giftbridge.accounts AS a WHERE a.shop = OLD.name;
        DELETE FROM giftbridge.set_aside AS a WHERE a.shop = OLD.name;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF TG_OP = 'INSERT' OR (NEW.name, NEW.rate_group, NEW.rate_limit, NEW.rate_window)
            IS DISTINCT FROM (OLD.name, OLD.rate_group, OLD.rate_limit, OLD.rate_window) THEN
            PERFORM giftbridge.assign_allowance(NEW.name,
                (SELECT t.account FROM giftbridge.shop_state AS t WHERE t.shop = NEW.name), true);
        END IF;
        NOTIFY giftbridge_orders;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION giftbridge.shops_changed() IS 'Trigger: keeps a shop''s state and allowance up to date with the shop, and wakes the workers.';
