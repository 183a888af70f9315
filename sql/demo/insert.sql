-- One order of the demo's shop; the rest of the columns have their defaults.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, customer_last_name,
    delivery_method, delivery_email, delivery_address1, delivery_postcode, delivery_town, delivery_date, priority)
VALUES ($1, $2::jsonb, $3, $4, $5, $6::integer, $7, $8, $9, $10, current_date + $11::integer, $12::smallint)
