-- Erases the personal data of orders that were finished longer ago than older_than, and the vendor's words about them in
-- order and journal. References, codes, states and times are kept; unfinished orders are
-- not changed, and no row is deleted. For operators. Locks the orders it erases. Result: the number of orders.
CREATE OR REPLACE FUNCTION giftbridge.prune(older_than interval) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_count bigint;
BEGIN
    IF older_than IS NULL OR older_than < interval '1 day' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'older_than must be at least 1 day: newer orders may still be needed by support';
    END IF;
    WITH old AS (
        SELECT o.id, giftbridge.erased(o) AS erased FROM giftbridge.orders AS o
        WHERE o.status IN ('completed', 'cancelled', 'rejected', 'failed') AND o.updated_at < now() - older_than
            AND o.customer_email <> 'erased@erased.invalid'
        FOR UPDATE SKIP LOCKED
    ), journal AS (
        UPDATE giftbridge.journal AS j SET response = NULL, error = NULL
        FROM old WHERE j.order_id = old.id AND num_nonnulls(j.response, j.error) > 0
    )
    UPDATE giftbridge.orders AS o
    SET items = (old.erased).items, customer_email = (old.erased).customer_email,
        customer_first_name = NULL, customer_last_name = NULL, customer_address1 = NULL, customer_address2 = NULL,
        customer_postcode = NULL, customer_town = NULL, customer_county = NULL, delivery_email = NULL,
        delivery_first_name = NULL, delivery_last_name = NULL, delivery_address1 = NULL, delivery_address2 = NULL,
        delivery_postcode = NULL, delivery_town = NULL, delivery_county = NULL,
        -- A refusal may quote what was refused.
        error = CASE WHEN o.status = 'completed' OR o.error IS NULL THEN o.error ELSE 'Erased together with the personal data.' END
    FROM old WHERE o.id = old.id;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    PERFORM giftbridge.act('prune', NULL, NULL, older_than::text, NULL, v_count || ' orders');
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION giftbridge.prune(interval) IS 'Erases the personal data of orders that were finished longer ago than older_than; keeps references and codes.';
