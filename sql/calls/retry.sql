-- $1 order
SELECT giftbridge.retry($1)
