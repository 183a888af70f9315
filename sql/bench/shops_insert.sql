-- $1 shops with an allowance each that is never used up.
INSERT INTO giftbridge.shops (name, payment_method, rate_limit, rate_group)
SELECT 'bench ' || n, 1, 100000, 'bench ' || n FROM generate_series(1, $1::integer) AS n
