-- Where every order of the demo stands; milliseconds from the shop's insert to the answer.
SELECT id, shop_order_id, status, order_reference, voucher_codes, error, jsonb_array_length(items) AS items,
    (SELECT sum((item ->> 'price')::numeric) FROM jsonb_array_elements(items) AS item)::text AS total,
    extract(epoch FROM updated_at - created_at)::double precision * 1000 AS milliseconds
FROM giftbridge.orders ORDER BY id
