-- $1 order: the columns of a claim, without taking it.
SELECT o.shop, s.api_url, o.status, coalesce(o.shop_order_id, 'gb-' || o.id) AS shop_order_id, o.items::text AS items,
    coalesce(o.sent_payment_method, o.payment_method, s.payment_method) AS payment_method,
    -- An assigned code is hidden until its order is completed.
    o.completed_at IS NULL AND EXISTS (SELECT FROM giftbridge.codes AS c WHERE c.order_id = o.id AND c.is_assigned)
        AS has_assigned_codes,
    CASE WHEN o.completed_at IS NOT NULL THEN (
        SELECT array_agg(CASE WHEN c.is_assigned THEN c.code END ORDER BY item)
        FROM generate_series(1, jsonb_array_length(o.items::jsonb)) AS item
        LEFT JOIN giftbridge.codes AS c ON c.order_id = o.id AND c.position = item)
    END AS assigned_codes,
    o.customer_email, o.customer_first_name, o.customer_last_name, o.customer_address1, o.customer_address2, o.customer_postcode,
    o.customer_town, o.customer_county, o.delivery_method, o.delivery_email, to_char(o.delivery_date, 'YYYY-MM-DD') AS delivery_date,
    o.delivery_first_name, o.delivery_last_name, o.delivery_address1, o.delivery_address2, o.delivery_postcode, o.delivery_town,
    o.delivery_county
FROM giftbridge.orders AS o JOIN giftbridge.shops AS s ON s.name = o.shop WHERE o.id = $1
