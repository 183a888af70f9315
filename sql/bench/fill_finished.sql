-- $1 orders that are sold, each with its journal row, with the triggers off.
WITH sold AS (
    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method,
        status, attempts, order_reference, voucher_codes, created_at, updated_at, completed_at)
    SELECT 'finished-' || n, '[{"id": 1, "price": 100.10}]'::jsonb, 'bob.example@example.com', 1,
        'ann.example@example.com', 1, 'completed', 1, 'finished-' || n, ARRAY['CODE' || n],
        now() - interval '30 days', now() - interval '30 days', now() - interval '30 days'
    FROM generate_series(1, $1::integer) AS n
    RETURNING id, shop, voucher_codes[1] AS code
), codes AS (
    INSERT INTO giftbridge.codes (order_id, position, code, is_assigned) SELECT sold.id, 1, sold.code, true FROM sold
)
INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
    http_status, outcome, response)
SELECT sold.id, sold.id, gen_random_uuid(), sold.shop, 'sale', 1, 'benchmark', '00000000', 'localhost', 'key 00000000', now() - interval '30 days',
    now() - interval '30 days', 200, 'completed', '{"message":"Order processed successfully!"}'
FROM sold
