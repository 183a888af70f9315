-- $1 orders that wait.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
SELECT 'waiting-' || n, '[{"id": 1, "price": 100.10}]'::jsonb, 'bob.example@example.com', 1, 'ann.example@example.com', 1
FROM generate_series(1, $1::integer) AS n
