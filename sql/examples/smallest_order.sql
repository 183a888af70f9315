-- The smallest order that a shop can write.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
VALUES ('100045', '[{"id": 1, "price": 100.00, "to": "Ann", "from": "Bob", "message": "Happy birthday"}]',
        'bob@example.com', 1, 'ann@example.com', 1);
