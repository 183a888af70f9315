-- $1 shop, $2 how long
SELECT giftbridge.throttle($1, $2)
