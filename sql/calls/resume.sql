-- $1 shop
SELECT giftbridge.resume($1)
