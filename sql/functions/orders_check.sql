-- Validates what a shop writes, and keeps it out of the columns that Giftbridge writes.
-- Called by triggers orders_check_insert and orders_check_update, with the writer's rights: another role's shop is invisible to the
-- writer, so that nothing can be learnt about it here. Takes no locks beyond the row's.
CREATE OR REPLACE FUNCTION giftbridge.orders_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old   giftbridge.orders;
    v_shop  record;
    v_field text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.customer_email = 'erased@erased.invalid' AND OLD.status IN ('completed', 'cancelled', 'rejected', 'failed') THEN
        -- Erasing the personal data is the only allowed change to a finished order; it needs no other check.
        v_old := giftbridge.erased(OLD);
        v_old.error := NEW.error;
        IF NEW IS NOT DISTINCT FROM v_old THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status NOT IN ('pending', 'rejected', 'failed') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('order %s is %s: it can be changed only while pending, rejected or failed', OLD.id, OLD.status),
            SCHEMA = 'giftbridge', TABLE = 'orders';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.shop <> OLD.shop AND (OLD.attempts > 0 OR OLD.was_in_doubt OR OLD.was_refused) THEN
        PERFORM giftbridge.refuse_order('shop', 'can no longer be changed: the order was sent to the vendor for its shop');
    END IF;
    -- Object mappers write null for a column that was not set; it means the default.
    NEW.shop := coalesce(NEW.shop, 'default');
    NEW.priority := coalesce(NEW.priority, 0);
    NEW.submit_after := coalesce(NEW.submit_after, now());
    IF TG_OP = 'INSERT' THEN
        NEW.status := coalesce(NEW.status, 'pending');
        NEW.attempts := coalesce(NEW.attempts, 0);
        IF NEW.status <> 'pending' OR NEW.attempts <> 0 OR NEW.was_in_doubt OR NEW.was_refused OR NEW.verifications <> 0 OR NEW.setup_faults <> 0
            OR num_nonnulls(NEW.order_reference, NEW.voucher_codes, NEW.error, NEW.completed_at, NEW.in_doubt_since, NEW.sent_to,
                NEW.sent_payment_method, NEW.setup_fault_at) > 0 THEN
            PERFORM giftbridge.refuse_order('status', 'and the result columns are written by Giftbridge: leave them out of the insert');
        END IF;
    END IF;

    SELECT s.payment_method, s.online_methods, s.offline_methods INTO v_shop
    FROM giftbridge.shops AS s WHERE s.name = NEW.shop;
    IF NOT FOUND THEN
        PERFORM giftbridge.refuse_order('shop', 'is unknown, or your role has no access to it: shops are rows of giftbridge.shops');
    END IF;

    NEW.items := giftbridge.items_check(NEW.items);

    -- Lengths are checked separately, because a pattern with {1,200} takes 25 times as long to match.
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
        PERFORM giftbridge.refuse_order('delivery_email', 'is required because this delivery method is online');
    ELSIF NEW.delivery_email !~ '^[^@[:space:]]+@[^@[:space:]]+$' THEN
        PERFORM giftbridge.refuse_order('delivery_email', 'must be an e-mail address, or null where the delivery method is not online');
    END IF;
    IF NEW.delivery_method = ANY (v_shop.offline_methods) THEN
        IF coalesce(NEW.delivery_address1, '') !~ '[^[:space:]]' THEN
            PERFORM giftbridge.refuse_order('delivery_address1', 'is required because this delivery method is offline');
        ELSIF coalesce(NEW.delivery_postcode, '') !~ '[^[:space:]]' THEN
            PERFORM giftbridge.refuse_order('delivery_postcode', 'is required because this delivery method is offline');
        END IF;
    END IF;
    IF NEW.payment_method IS NULL AND v_shop.payment_method IS NULL THEN
        PERFORM giftbridge.refuse_order('payment_method', 'is required: neither the order nor its shop has one');
    END IF;
    IF NEW.delivery_date NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        PERFORM giftbridge.refuse_order('delivery_date', 'must be a date of the years 1 to 9999');
    END IF;
    IF NEW.priority NOT BETWEEN -100 AND 100 THEN
        PERFORM giftbridge.refuse_order('priority', 'must be an integer from -100 to 100, higher for earlier');
    END IF;
    IF NOT isfinite(NEW.submit_after) THEN
        PERFORM giftbridge.refuse_order('submit_after', 'must be a point in time');
    END IF;
    IF NOT isfinite(NEW.expires_at) OR NEW.expires_at <= NEW.submit_after THEN
        PERFORM giftbridge.refuse_order('expires_at', 'must be a point in time after submit_after, or null');
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
        NEW.created_at := now();
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION giftbridge.orders_check() IS 'Trigger: refuses an order that could never be sold, and changes to one that is being sent or finished.';
