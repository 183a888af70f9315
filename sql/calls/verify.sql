-- $1 order
SELECT giftbridge.verify($1)
