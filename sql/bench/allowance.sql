-- $1 requests in any $2 seconds.
UPDATE giftbridge.shops SET rate_limit = $1::integer, rate_window = make_interval(secs => $2::double precision)
WHERE name = 'default'
