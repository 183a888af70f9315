-- No allowance: the benchmark's peer has none, and the speed is what is measured.
UPDATE giftbridge.shops SET rate_limit = NULL, payment_method = 1 WHERE name = 'default'
