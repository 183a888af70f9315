-- insert_orders.sql for when the triggers are off.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, customer_last_name,
    customer_address1, customer_postcode, customer_town, delivery_method, delivery_email, delivery_first_name,
    delivery_last_name, payment_method)
SELECT $1 || n, '[{"id": 1, "price": 100.10, "to": "Ann Example", "from": "Bob Example", "message": "Happy birthday, and many happy returns of the day"}]'::jsonb,
    'bob.example@example.com', 'Bob', 'Example', '12 Long Street', 'AB1 2CD', 'Exampletown', 1, 'ann.example@example.com',
    'Ann', 'Example', 1
FROM generate_series(1, $2::integer) AS n
