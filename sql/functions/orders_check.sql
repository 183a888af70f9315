-- Validates what a shop writes, and keeps the bridge's columns the bridge's own.
-- Called by triggers orders_check_insert and orders_check_update, with the writer's rights: a shop that is not the writer's is
-- as good as none, so that nothing can be learnt of it here. Takes no locks beyond the row's.
CREATE OR REPLACE FUNCTION giftbridge.orders_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old   giftbridge.orders;
    v_shop  record;
    v_field text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.customer_email = 'erased@erased.invalid' AND OLD.status IN ('completed', 'cancelled', 'rejected', 'failed') THEN
        -- Erasing a finished order's personal data is the one change of its inputs; no personal data, nothing to check.
        v_old := giftbridge.erased(OLD);
        v_old.error := NEW.error;
        IF NEW IS NOT DISTINCT FROM v_old THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.shop <> OLD.shop AND NOT EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = OLD.shop) THEN
        -- The shop was renamed, and takes its orders along (the foreign key), whatever their state.
        v_old := OLD;
        v_old.shop := NEW.shop;
        IF NEW IS NOT DISTINCT FROM v_old THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status NOT IN ('pending', 'rejected', 'failed') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s: it can be changed only while pending, rejected or failed', OLD.id, OLD.status),
            SCHEMA = 'giftbridge', TABLE = 'orders';
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.status IS DISTINCT FROM 'pending' OR NEW.attempts IS DISTINCT FROM 0
        OR NEW.codes_renewed IS DISTINCT FROM false OR num_nonnulls(NEW.order_reference, NEW.voucher_codes, NEW.error,
            NEW.completed_at, NEW.due_at, NEW.submission_id, NEW.assigned_codes, NEW.sent_payment_method, NEW.in_doubt_since) > 0) THEN
        PERFORM giftbridge.refuse_order('status', 'and the result columns are written by the bridge: leave them out of the insert');
    END IF;

    SELECT s.payment_method, s.online_methods, s.offline_methods INTO v_shop
    FROM giftbridge.shops AS s WHERE s.name = NEW.shop;
    IF NOT FOUND THEN
        PERFORM giftbridge.refuse_order('shop', 'is not in giftbridge.shops, or not open to this role: add the shop there first');
    END IF;

    PERFORM giftbridge.items_check(NEW.items);

    -- Lengths are not the patterns' business: {1,200} takes 25 times as long to match.
    IF length(NEW.shop_order_id) NOT BETWEEN 1 AND 200 OR NEW.shop_order_id ~ '[[:cntrl:]]' THEN
        PERFORM giftbridge.refuse_order('shop_order_id', 'must be 1 to 200 characters without control characters, or null');
    END IF;
    IF coalesce(NEW.customer_email, '') !~ '^[^@[:space:]]+@[^@[:space:]]+$' THEN
        PERFORM giftbridge.refuse_order('customer_email', 'is required and must be an e-mail address');
    END IF;
    IF NEW.delivery_method IS NULL THEN
        PERFORM giftbridge.refuse_order('delivery_method', 'is required');
    END IF;
    IF NEW.delivery_email IS NULL AND NEW.delivery_method = ANY (v_shop.online_methods) THEN
        PERFORM giftbridge.refuse_order('delivery_email', 'is required: delivery_method is an online one of this shop');
    ELSIF NEW.delivery_email !~ '^[^@[:space:]]+@[^@[:space:]]+$' THEN
        PERFORM giftbridge.refuse_order('delivery_email', 'must be an e-mail address, or null where delivery_method is not an online one');
    END IF;
    IF NEW.delivery_method = ANY (v_shop.offline_methods) THEN
        IF coalesce(NEW.delivery_address1, '') !~ '[^[:space:]]' THEN
            PERFORM giftbridge.refuse_order('delivery_address1', 'is required: delivery_method is an offline one of this shop');
        ELSIF coalesce(NEW.delivery_postcode, '') !~ '[^[:space:]]' THEN
            PERFORM giftbridge.refuse_order('delivery_postcode', 'is required: delivery_method is an offline one of this shop');
        END IF;
    END IF;
    IF NEW.payment_method IS NULL AND v_shop.payment_method IS NULL THEN
        PERFORM giftbridge.refuse_order('payment_method', 'is required: neither the order nor its shop has one');
    END IF;
    IF NEW.delivery_date NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        PERFORM giftbridge.refuse_order('delivery_date', 'must be a date of the years 1 to 9999');
    END IF;
    IF NEW.priority IS NULL THEN
        PERFORM giftbridge.refuse_order('priority', 'must be an integer: 0, or higher for earlier');
    END IF;
    IF NEW.submit_after IS NULL OR NOT isfinite(NEW.submit_after) THEN
        PERFORM giftbridge.refuse_order('submit_after', 'must be a point in time');
    END IF;

    SELECT f.name INTO v_field FROM (VALUES
        ('customer_email', NEW.customer_email), ('customer_first_name', NEW.customer_first_name),
        ('customer_last_name', NEW.customer_last_name), ('customer_address1', NEW.customer_address1),
        ('customer_address2', NEW.customer_address2), ('customer_postcode', NEW.customer_postcode),
        ('customer_town', NEW.customer_town), ('customer_county', NEW.customer_county),
        ('delivery_email', NEW.delivery_email), ('delivery_first_name', NEW.delivery_first_name),
        ('delivery_last_name', NEW.delivery_last_name), ('delivery_address1', NEW.delivery_address1),
        ('delivery_address2', NEW.delivery_address2), ('delivery_postcode', NEW.delivery_postcode),
        ('delivery_town', NEW.delivery_town), ('delivery_county', NEW.delivery_county)) AS f (name, value)
    WHERE length(f.value) > 1000 LIMIT 1;
    IF v_field IS NOT NULL THEN
        PERFORM giftbridge.refuse_order(v_field, 'is longer than 1000 characters');
    END IF;

    IF TG_OP = 'INSERT' THEN
        NEW.due_at := NEW.submit_after;
        NEW.created_at := now();
        NEW.updated_at := now();
        RETURN NEW;
    END IF;
    NEW.updated_at := now();
    IF NEW.submit_after <> OLD.submit_after AND NEW.status = 'pending' THEN
        NEW.due_at := NEW.submit_after;
    END IF;
    -- Certainly not sold, and no longer the same items: the next claim makes new codes for them.
    IF NEW.items <> OLD.items OR NEW.shop <> OLD.shop THEN
        NEW.assigned_codes := NULL;
        NEW.codes_renewed := false;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_check() IS 'Trigger: refuses an order that could never be sold, and changes to one that is on its way or finished.';
