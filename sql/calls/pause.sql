-- $1 shop, $2 reason (null: none given)
SELECT giftbridge.pause($1, $2)
