-- $1 order
SELECT giftbridge.cancel($1)
