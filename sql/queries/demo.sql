-- What the shop of `giftbridge demo` does. Each statement follows its name; Swift knows it as SQL.Demo.<name>.

-- name: shop
-- The demo's shop knows the sandbox's delivery methods: 1 and 2 online, 3 offline.
UPDATE giftbridge.shops SET payment_method = 1, online_methods = '{1,2}', offline_methods = '{3}' WHERE name = 'default'

-- name: insert
-- One order of the demo's shop; the rest of the columns have their defaults.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, customer_last_name,
    delivery_method, delivery_email, delivery_address1, delivery_postcode, delivery_town, delivery_date, priority)
VALUES ($1, $2::jsonb, $3, $4, $5, $6::integer, $7, $8, $9, $10, current_date + $11::integer, $12::smallint)

-- name: listen
LISTEN giftbridge_results

-- name: orders
-- Where every order of the demo stands; milliseconds from the shop's insert to the answer.
SELECT id, shop_order_id, status, order_reference, voucher_codes, error, jsonb_array_length(items) AS items,
    (SELECT sum((item ->> 'price')::numeric) FROM jsonb_array_elements(items) AS item)::text AS total,
    extract(epoch FROM updated_at - created_at)::double precision * 1000 AS milliseconds
FROM giftbridge.orders ORDER BY id
